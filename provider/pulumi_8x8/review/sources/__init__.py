"""Where the two sides of a review come from: files, folders, git revisions, or a preview of Pulumi."""
