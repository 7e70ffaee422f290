"""Tables that idc-index-data names but does not bring: fetched, verified, kept, and published into the catalog."""
