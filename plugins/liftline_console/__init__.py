"""The console and the REST API: routes translate between HTTP and the steps, and decide nothing themselves."""
