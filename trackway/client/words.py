"""What boto3 says of a request that failed, as a sentence for people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
)

from trackway.errors import InputError, OptionError, SystemFault

__all__ = ["in_words"]


@contextmanager
def in_words() -> Iterator[None]:
    """Turn what boto3 raises into errors of our own.

    Raises:
        InputError: the request was refused, and why; OptionError where the configuration lacks something.
        SystemFault: there was no answer, or no good one.
    """
    try:
        yield
    except ClientError as error:
        told, status = error.response.get("Error", {}), error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
        sentence = f"{told.get('Message') or 'The request failed.'} ({told.get('Code', 'Unknown')})"
        raise (InputError if status < 500 else SystemFault)(sentence) from error
    except NoCredentialsError as error:
        raise OptionError("Expected credentials, found none; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.") from error
    except NoRegionError as error:
        raise OptionError("Expected a region, found none; set AWS_DEFAULT_REGION to that of the deployment.") from error
    except ParamValidationError as error:
        raise OptionError(str(error)) from error
    except EndpointConnectionError as error:
        raise SystemFault(
            f"{str(error).rstrip('.')}. Check AWS_ENDPOINT_URL_REKOGNITION, or --endpoint-url, and whether the deployment is up."
        ) from error
    except BotoCoreError as error:
        raise SystemFault(
            f"{str(error).rstrip('.')}. Check AWS_ENDPOINT_URL_REKOGNITION, or --endpoint-url, the region and the credentials."
        ) from error
