"""The core of Groundsel: types, models, stores, searching and answering; it knows no HTTP and no connector."""
