"""The page of a run, or of several side by side: one HTML file that asks nobody for anything.

In comes evidence as it was read from folders; out goes the text of the page. Rows are plain HTML; the details of cases
lie in it compressed, a chunk a family, and are shown by its script. All text of a run is escaped by the templates.
"""
