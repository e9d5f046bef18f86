"""The reports that come with the product; `apps` registers them."""
