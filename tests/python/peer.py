"""A service that is not ours: speaks AMQP through pika, in the formats of the services that trunkline works with.

    peer.py URL listen EXCHANGE KEY              prints `ready`, then the first message as one line of JSON
    peer.py URL publish FORMAT NAME ID           publishes one event, and ends when the broker has confirmed it
"""

import json
import sys

import pika

DATA = {"user": "ü", "amount": 7}


def listen(channel, exchange, key):
    channel.exchange_declare(exchange, passive=True)
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(queue, exchange, key)
    print("ready", flush=True)
    for method, properties, body in channel.consume(queue, auto_ack=True, inactivity_timeout=60):
        if method is None:
            sys.exit("nothing came within 60 s")
        print(
            json.dumps(
                {
                    "key": method.routing_key,
                    "content_type": properties.content_type,
                    "delivery_mode": properties.delivery_mode,
                    "message_id": properties.message_id,
                    "type": properties.type,
                    "app_id": properties.app_id,
                    "correlation_id": properties.correlation_id,
                    "priority": properties.priority,
                    "timestamp": properties.timestamp,
                    "headers": properties.headers or {},
                    "body": json.loads(body),
                }
            ),
            flush=True,
        )
        return


def cloudevents(name, identity):
    headers = {
        "cloudEvents_specversion": "1.0",
        "cloudEvents_id": identity,
        "cloudEvents_source": "billing",
        "cloudEvents_type": name,
        "cloudEvents_time": "2026-11-02T10:00:00Z",
    }
    properties = pika.BasicProperties(content_type="application/json", delivery_mode=2, headers=headers)
    return "trunkline.events", f"all.billing.{name}", properties, DATA


def family_a(name, identity):
    # As the older publishers of the family write it.
    body = {
        "id": identity,
        "type": f"EventType.{name.upper()}",
        "source_service": "billing",
        "target_service": None,
        "data": DATA,
        "timestamp": "2026-11-02 10:00:00.123456",
        "priority": "MessagePriority.HIGH",
        "retry_count": 0,
        "correlation_id": "c-1",
        "user_id": None,
    }
    properties = pika.BasicProperties(
        content_type="application/json", delivery_mode=2, priority=3, message_id=identity, correlation_id="c-1"
    )
    return "microservices", f"billing.{name}", properties, body


def family_b(name, identity):
    body = {
        "id": identity,
        "event_name": name,
        "timestamp": "2026-11-02T10:00:00.123456",
        "metadata": {"tenant": "t"},
        "data": DATA,
    }
    properties = pika.BasicProperties(content_type="application/json", delivery_mode=2)
    return "aury.events", name, properties, body


def publish(channel, form, name, identity):
    exchange, key, properties, body = {"cloudevents": cloudevents, "a": family_a, "b": family_b}[form](name, identity)
    channel.confirm_delivery()
    channel.basic_publish(exchange, key, json.dumps(body).encode(), properties, mandatory=True)


def main(url, command, *arguments):
    connection = pika.BlockingConnection(pika.URLParameters(url))
    {"listen": listen, "publish": publish}[command](connection.channel(), *arguments)
    connection.close()


main(*sys.argv[1:])
