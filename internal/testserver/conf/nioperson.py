# A person at a Matrix client: matrix-nio, which encrypts with libolm. What it is to do comes as
# lines of JSON through the FIFO "in"; what happens goes as lines of JSON to the file "events".
import asyncio
import json
import os
import sys

import nio

FOLDER, HOMESERVER, USER, PASSWORD = sys.argv[1:5]


class Person:
    def __init__(self):
        config = nio.AsyncClientConfig(encryption_enabled=True, store_sync_tokens=True, pickle_key="a key for tests")
        self.client = nio.AsyncClient(HOMESERVER, USER, store_path=FOLDER, config=config)
        self.told_synced = False
        self.out = open(os.path.join(FOLDER, "events"), "a", encoding="utf-8")

    def tell(self, kind, **what):
        self.out.write(json.dumps(dict(kind=kind, **what)) + "\n")
        self.out.flush()

    async def start(self):
        c = self.client
        token = os.path.join(FOLDER, "session.json")
        if os.path.exists(token):
            with open(token, encoding="utf-8") as f:
                s = json.load(f)
            c.restore_login(USER, s["device"], s["token"])
        else:
            answer = await c.login(PASSWORD, device_name="nio")
            if not isinstance(answer, nio.LoginResponse):
                raise SystemExit(f"login: {answer}")
            with open(token, "w", encoding="utf-8") as f:
                json.dump({"device": c.device_id, "token": c.access_token}, f)
        c.add_event_callback(self.text, nio.RoomMessageText)
        c.add_event_callback(self.unreadable, nio.MegolmEvent)
        c.add_event_callback(self.notice, nio.RoomMessageNotice)
        c.add_event_callback(self.invited, nio.InviteMemberEvent)
        c.add_event_callback(self.member, nio.RoomMemberEvent)
        c.add_ephemeral_callback(self.typing, nio.TypingNoticeEvent)
        c.add_ephemeral_callback(self.receipts, nio.ReceiptEvent)
        c.add_presence_callback(self.presence, nio.PresenceEvent)
        c.add_to_device_callback(self.verification, nio.KeyVerificationEvent)
        c.add_response_callback(self.synced, nio.SyncResponse)

    async def synced(self, _):
        if not self.told_synced:
            self.tell("synced", device=self.client.device_id)
            self.told_synced = True

    async def text(self, room, event):
        self.tell("text", room=room.room_id, sender=event.sender, text=event.body, event=event.event_id,
                  encrypted=event.decrypted)

    async def notice(self, room, event):
        self.tell("notice", room=room.room_id, sender=event.sender, text=event.body, event=event.event_id,
                  encrypted=event.decrypted)

    async def member(self, room, event):
        self.tell("member", room=room.room_id, sender=event.state_key, text=event.content.get("displayname") or "",
                  event=event.event_id, membership=event.membership)

    async def typing(self, room, event):
        self.tell("typing", room=room.room_id, names=event.users)

    async def receipts(self, room, event):
        for r in event.receipts:
            self.tell("receipt", room=room.room_id, sender=r.user_id, event=r.event_id)

    async def presence(self, event):
        self.tell("presence", sender=event.user_id, text=event.status_msg or "", presence=event.presence)

    async def unreadable(self, room, event):
        self.tell("unreadable", room=room.room_id, sender=event.sender, event=event.event_id)

    async def invited(self, room, event):
        if event.membership == "invite" and event.state_key == USER:
            self.tell("invited", room=room.room_id, sender=event.sender)

    async def verification(self, event):
        sas = self.client.key_verifications.get(event.transaction_id)
        kind = type(event).__name__.removeprefix("KeyVerification").lower()
        names = []
        if kind == "key" and sas and sas.other_key_set:
            names = [name for _, name in sas.get_emoji()]
        self.tell("verification", step=kind, txn=event.transaction_id, names=names,
                  code=getattr(event, "code", ""))

    async def verified(self, txn):
        while not self.client.key_verifications[txn].verified:
            await asyncio.sleep(0.05)
        self.tell("verified", txn=txn)

    async def obey(self, order):
        c, what = self.client, order["do"]
        if what == "say":
            while order["room"] not in c.rooms or not (c.rooms[order["room"]].encrypted or order.get("plain")):
                await asyncio.sleep(0.05)  # until it is told of the room
            answer = await c.room_send(order["room"], "m.room.message", {"msgtype": "m.text", "body": order["text"]},
                                       ignore_unverified_devices=True)
        elif what == "make":
            state = [{"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}]
            answer = await c.room_create(is_direct=order["direct"], invite=order["invite"],
                                         initial_state=[] if order.get("plain") else state, name=order.get("name"),
                                         preset=nio.RoomPreset.trusted_private_chat)
        elif what == "join":
            answer = await c.join(order["room"])
        elif what == "leave":
            answer = await c.room_leave(order["room"])
        elif what == "invite":
            answer = await c.room_invite(order["room"], order["user"])
        elif what == "type":
            answer = await c.room_typing(order["room"], True, 30000)
        elif what == "read":
            answer = await c.room_read_markers(order["room"], order["event"], order["event"])
        elif what == "be":
            answer = await c.set_presence(order["presence"], order.get("text"))
        elif what == "profile":
            answer = await c.get_profile(order["user"])
        elif what == "verify":
            device = c.device_store[USER][order["device"]]
            answer = await c.start_key_verification(device)
        elif what == "match":
            answer = await c.confirm_short_auth_string(order["txn"])
            asyncio.get_running_loop().create_task(self.verified(order["txn"]))
        self.tell("done", order=order.get("order", 0), room=getattr(answer, "room_id", ""),
                  event=getattr(answer, "event_id", ""), text=getattr(answer, "displayname", None) or "",
                  error=str(answer) if isinstance(answer, nio.ErrorResponse) else "")

    async def listen(self):
        path = os.path.join(FOLDER, "in")
        if not os.path.exists(path):
            os.mkfifo(path, 0o600)
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        fifo = os.fdopen(os.open(path, os.O_RDWR | os.O_NONBLOCK), "rb", buffering=0)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), fifo)
        self.tell("ready", device=self.client.device_id)
        while True:
            order = json.loads(await reader.readline())
            try:
                await self.obey(order)
            except Exception as problem:  # the test shall hear of it
                self.tell("done", order=order.get("order", 0), room="", event="", error=repr(problem))

    async def run(self):
        await self.start()
        syncing = asyncio.create_task(self.client.sync_forever(
            timeout=1000, full_state=True, sync_filter={"room": {"timeline": {"limit": 1000}}}
        ))
        listening = asyncio.create_task(self.listen())
        done, _ = await asyncio.wait([syncing, listening], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


asyncio.run(Person().run())
