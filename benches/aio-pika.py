"""Publishes events with aio-pika, pipelined and confirmed, and prints how many a second: to a queue of its own, then as
another publisher does, who is described by the first line of the input.

python3 aio-pika.py URL COUNT < '{"exchange": …, "key": …, "properties": {…}, "headers": {…}}' and a body
"""

import asyncio
import json
import sys
import time

import aio_pika

QUEUE = "trunkline.bench.aio-pika"
IN_FLIGHT = 500


async def publish(
    exchange: aio_pika.abc.AbstractExchange, key: str, message: aio_pika.Message, count: int
) -> None:
    """Publishes so many, each confirmed; an error ends it."""
    left = count
    while left > 0:
        batch = min(left, IN_FLIGHT)
        await asyncio.gather(*(exchange.publish(message, routing_key=key) for _ in range(batch)))
        left -= batch


async def rate(exchange: aio_pika.abc.AbstractExchange, key: str, message: aio_pika.Message, count: int) -> float:
    """Events a second."""
    await publish(exchange, key, message, IN_FLIGHT)
    started = time.perf_counter()
    await publish(exchange, key, message, count)
    return count / (time.perf_counter() - started)


async def main(url: str, count: int, like: dict, body: bytes) -> None:
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel(publisher_confirms=True)
        queue = await channel.declare_queue(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        persistent = aio_pika.DeliveryMode.PERSISTENT
        bare = aio_pika.Message(body, delivery_mode=persistent)
        to_a_queue = await rate(channel.default_exchange, QUEUE, bare, count)
        await queue.purge()
        exchange = await channel.get_exchange(like["exchange"], ensure=False)
        same = aio_pika.Message(body, delivery_mode=persistent, headers=like["headers"], **like["properties"])
        print(to_a_queue, await rate(exchange, like["key"], same, count))


line = sys.stdin.buffer.readline()
asyncio.run(main(sys.argv[1], int(sys.argv[2]), json.loads(line), sys.stdin.buffer.read()))
