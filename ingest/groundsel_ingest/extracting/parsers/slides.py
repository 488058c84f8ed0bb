"""PowerPoint, by python-pptx: a slide is a page, its title a heading, its notes a paragraph."""

from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING, BinaryIO, cast
from zipfile import BadZipFile

from pptx import Presentation
from pptx.exc import PythonPptxError
from pptx.shapes.base import BaseShape
from pptx.shapes.group import GroupShape
from pptx.slide import Slide

from groundsel_ingest.extracting.archives import check_archive
from groundsel_ingest.extracting.manuscript import Manuscript
from groundsel_pipelines.errors import Rejected

if TYPE_CHECKING:
    from pptx.shapes.autoshape import Shape
    from pptx.shapes.graphfrm import GraphicFrame


def parse(file: BinaryIO, manuscript: Manuscript) -> None:
    check_archive(file)
    try:
        presentation = Presentation(file)
        properties = presentation.core_properties
        manuscript.titles.append(properties.title)
        manuscript.updated_at = properties.modified
        manuscript.metadata["author"] = properties.author
        for page, slide in enumerate(presentation.slides, start=1):
            manuscript.page = page
            add_slide(manuscript, slide)
    except (PythonPptxError, BadZipFile, KeyError, ValueError, SyntaxError, AttributeError) as error:
        raise Rejected(f"it is damaged: {error}") from error


def add_slide(manuscript: Manuscript, slide: Slide) -> None:
    title = slide.shapes.title
    if title is not None:
        manuscript.heading(title.text_frame.text, level=1)
    shapes = [shape for shape in flat(slide.shapes) if title is None or shape.shape_id != title.shape_id]
    for shape in sorted(shapes, key=lambda shape: (shape.top or 0, shape.left or 0)):
        add_shape(manuscript, shape)
    if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame) is not None:
        manuscript.paragraph(notes.text)


def flat(shapes: Iterable[BaseShape]) -> Generator[BaseShape]:
    """Yield shapes, those of groups in place of the group."""
    for shape in shapes:
        if isinstance(shape, GroupShape):
            yield from flat(shape.shapes)
        else:
            yield shape


def add_shape(manuscript: Manuscript, shape: BaseShape) -> None:
    if shape.has_text_frame:
        lines = [paragraph.text for paragraph in cast("Shape", shape).text_frame.paragraphs if paragraph.text.strip()]
        if len(lines) == 1:
            manuscript.paragraph(lines[0])
        else:
            manuscript.items(f"- {line}" for line in lines)
    elif shape.has_table:
        table = cast("GraphicFrame", shape).table
        manuscript.rows([cell.text_frame.text for cell in row.cells] for row in table.rows)
    elif shape.has_chart:
        chart = cast("GraphicFrame", shape).chart
        if chart.has_title:
            manuscript.paragraph(chart.chart_title.text_frame.text)
        for plot in chart.plots:
            names = [str(category) for category in plot.categories]
            manuscript.rows([["", *names], *([series.name, *map(str, series.values)] for series in plot.series)])
