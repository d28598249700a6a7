"""What is deployed: one construct per concern, put together by `infra.stack`."""
