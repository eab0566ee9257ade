# SPDX-License-Identifier: MIT
"""Networks from PyTorch and ONNX as types of ctcnn, and their weights."""


def import_model(*arguments, **options):
    """See ctcnn_tools.importer.import_model, which is loaded with its packages when it is called."""
    from ctcnn_tools import importer

    return importer.import_model(*arguments, **options)
