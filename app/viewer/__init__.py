"""The built-in viewer: OHIF's own built files, served by the app over a DICOMweb server or downloaded files."""
