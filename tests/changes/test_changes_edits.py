from changes_kit import MENU, Body, changed, step
def _add(body, *steps): body["definition"]["steps"].extend(steps)
SMS={"subAccountId":"acme","destination":"{{data.payload.source}}"}
def _rename(b):
    step(b,"bye")["id"]="goodbye"; step(b,"wait")["selectNextStep"]={"choice":"{{data.reply != null}}","goodbye":"{{data.reply == null}}"}; step(b,"choice")["selectNextStep"]["goodbye"]=step(b,"choice")["selectNextStep"].pop("bye")
def _rename_changed(b): _rename(b); step(b,"goodbye")["inputs"]["text"]="Goodbye then"
def _insert(b):
    step(b,"hello")["nextStepId"]="pause"; _add(b,{"id":"pause","stepType":"Wait","inputs":{"duration":"00:00:30"},"nextStepId":"wait"})
def _remove(b):
    b["definition"]["steps"].remove(step(b,"call")); del step(b,"bye")["nextStepId"]
def _moved(b):
    step(b,"hello")["nextStepId"]="call"; step(b,"call")["nextStepId"]="wait"; del step(b,"bye")["nextStepId"]
def _into(b):
    s=b["definition"]["steps"]; say=step(b,"call"); s.remove(say); del step(b,"bye")["nextStepId"]; _add(b,{"id":"if","stepType":"If","inputs":{"condition":"{{data.reply != null}}"},"do":[[say]]}); step(b,"bye")["nextStepId"]="if"
CHANGES={
 "text": (lambda b: step(b,"hello")["inputs"].update(text="Press 2 for sales"),),
 "timeout from the default": (lambda b: step(b,"wait")["inputs"].update(timeout="00:05:00"),),
 "renamed": (_rename,), "renamed and changed": (_rename_changed,), "inserted":(_insert,),"removed":(_remove,),"moved":(_moved,),"moved into an if":(_into,),
 "rewired": (lambda b: step(b,"choice")["selectNextStep"].update({"sales":None,"bye":"{{data.reply.payload.body == '1'}}"}),),
 "path added": (lambda b: step(b,"choice")["selectNextStep"].update({"call":"{{data.reply.payload.body == '3'}}"}),),
 "path removed": (lambda b: step(b,"choice")["selectNextStep"].pop("sales"),),
 "condition": (lambda b: step(b,"choice")["selectNextStep"].update({"sales":"{{stringContains(data.reply.payload.body, 'sales')}}"}),),
 "start": (lambda b: b["definition"]["steps"].insert(0,b["definition"]["steps"].pop(1)),),
 "workflow": (lambda b: b.update(status="disabled",trigger="http_request",subAccountId="other"),),
 "secret": (lambda b: step(b,"call")["inputs"]["headers"].update(Authorization="Bearer fedcba9876543210"),),
 "list": (lambda b: step(b,"call")["inputs"]["body"]["tags"].insert(1,"new"),),
 "null is a value": (lambda b: step(b,"call")["inputs"]["body"].pop("note"),),
 "outputs": (lambda b: step(b,"wait").update(outputs={"reply":"{{step.reply}}","text":"{{step.reply.payload.body}}"}),),
 "request":(lambda b: step(b,"call")["inputs"].update(url="https://crm.acme.test/stop",timeoutSeconds=10),),
 "receiver":(lambda b: step(b,"bye")["inputs"].update(destination="+6500000000"),),
 "step type":(lambda b: step(b,"sales").update(stepType="Branch"),),
}
