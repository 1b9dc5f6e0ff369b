"""Publishes events with aio-pika, pipelined and confirmed, and prints how many a second.

python3 aio-pika.py URL COUNT < BODY
"""

import asyncio
import sys
import time

import aio_pika

QUEUE = "trunkline.bench.aio-pika"
IN_FLIGHT = 500


async def publish(exchange: aio_pika.abc.AbstractExchange, body: bytes, count: int) -> None:
    """Publishes so many, each confirmed; an error ends it."""
    left = count
    while left > 0:
        batch = min(left, IN_FLIGHT)
        message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await asyncio.gather(*(exchange.publish(message, routing_key=QUEUE) for _ in range(batch)))
        left -= batch


async def main(url: str, count: int, body: bytes) -> None:
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel(publisher_confirms=True)
        queue = await channel.declare_queue(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        await publish(channel.default_exchange, body, IN_FLIGHT)
        started = time.perf_counter()
        await publish(channel.default_exchange, body, count)
        print(count / (time.perf_counter() - started))
        await queue.purge()


asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.stdin.buffer.read()))
