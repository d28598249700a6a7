"""Entry point of the tracker image: what a Batch job runs."""

from trackway.worker.main import main

if __name__ == "__main__":
    main()
