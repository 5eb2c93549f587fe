"""What every page is made of: words, links, layout, charts, tables, live views, upload."""
