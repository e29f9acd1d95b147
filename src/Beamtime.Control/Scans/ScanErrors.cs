using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans;

/// <summary>What can go wrong with scans.</summary>
internal static class ScanErrors
{
    /// <summary>No such scan type.</summary>
    public static readonly ErrorCode UnknownName = new(
        "scan.name.unknown",
        "No scan of that name is registered.",
        "List the scans with 'beamtime scan ls'.");

    /// <summary>No such group.</summary>
    public static readonly ErrorCode UnknownGroup = new(
        "scan.group.unknown",
        "No group of scans has that name or id; one without scans is only a context.",
        "List the groups with 'beamtime group ls', and what stands with 'beamtime metadata show'.");

    /// <summary>A name that no file may have.</summary>
    public static readonly ErrorCode FileName = new(
        "scan.file.invalid",
        "A file suffix, file directory or account has characters that are not allowed, or leads out of the data folder.",
        "Use letters, digits, _ and -; give a directory as names with / between them, without a leading / and without '..'.");

    /// <summary>A parameter nobody declared.</summary>
    public static readonly ErrorCode UnknownParameter = new(
        "scan.parameter.unknown",
        "The scan has no such parameter.",
        "Show the scan's parameters with 'beamtime scan help NAME'.");

    /// <summary>A required parameter is absent.</summary>
    public static readonly ErrorCode MissingParameter = new(
        "scan.parameter.missing",
        "A required parameter is absent.",
        "Give the parameter; 'beamtime scan help NAME' shows its meaning and unit.");

    /// <summary>A parameter's value does not fit.</summary>
    public static readonly ErrorCode InvalidParameter = new(
        "scan.parameter.invalid",
        "A parameter's value has the wrong type or lies outside its range.",
        "Give a value of the declared type within its range.");

    /// <summary>A request that the record cannot hold.</summary>
    public static readonly ErrorCode RequestLarge = new(
        "scan.request.large",
        "The request's arguments, parameters and metadata are larger than the record of a scan may be.",
        "Keep large metadata in a file and name that file in the metadata.");

    /// <summary>A position outside the limits.</summary>
    public static readonly ErrorCode Limit = new(
        "scan.limit.exceeded",
        "A position of the scan lies outside the device's limits.",
        "Choose positions within the limits; nothing has moved.");

    /// <summary>No such scan in the record.</summary>
    public static readonly ErrorCode Unknown = new(
        "scan.unknown",
        "No scan has that number or id.",
        "List the scans with 'beamtime queue ls'.");

    /// <summary>The scan is over already.</summary>
    public static readonly ErrorCode Over = new(
        "scan.over",
        "The scan has already ended.",
        "Nothing needs to be done.");

    /// <summary>The scan waits in the queue.</summary>
    public static readonly ErrorCode NotRunning = new(
        "scan.not_running",
        "Only a scan that runs can be held or let go.",
        "Wait until it begins, or take it out of the queue with 'beamtime queue abort'.",
        RetryClass.Later);

    /// <summary>Aborted by a person.</summary>
    public static readonly ErrorCode Aborted = new(
        "scan.aborted",
        "Somebody aborted the scan.",
        "Submit it again if it is still wanted.");

    /// <summary>Halted by a person.</summary>
    public static readonly ErrorCode Halted = new(
        "scan.halted",
        "Somebody halted the scan; its motors stay where they stopped.",
        "Look where everything stands, then submit it again if it is still wanted.");

    /// <summary>Ended by a person to whom it is complete.</summary>
    public static readonly ErrorCode UserCompleted = new(
        "scan.user_completed",
        "Somebody ended the scan early because what it had measured is enough.",
        "Nothing needs to be done; submit it again for the points that are missing.");

    /// <summary>Ended because it runs once more.</summary>
    public static readonly ErrorCode Restarted = new(
        "scan.restarted",
        "The scan was ended to be run once more.",
        "Look at the scan that the message names.");

    /// <summary>Not to be restarted.</summary>
    public static readonly ErrorCode RestartForbidden = new(
        "scan.restart.forbidden",
        "The scan was asked for as one that others may not restart.",
        "Abort it, and let whoever asked for it submit it again.");

    /// <summary>It runs, so it has no place among those that wait.</summary>
    public static readonly ErrorCode Begun = new(
        "scan.begun",
        "The scan has begun; its place in the queue can no longer be changed.",
        "Hold it or abort it instead.");

    /// <summary>A move that cannot be.</summary>
    public static readonly ErrorCode MoveInvalid = new(
        "scan.move.invalid",
        "The move in the queue's order is not one of up, down, top, bottom and to a place.",
        "Give a direction, and a place from 1 with 'to' alone.");

    /// <summary>Not a name for a list.</summary>
    public static readonly ErrorCode ListName = new(
        "scan.list.name",
        "The name of a list is not one.",
        "Begin with a lower-case letter and go on with letters, digits, - and _, at most 32.");

    /// <summary>Nothing in the list.</summary>
    public static readonly ErrorCode ListUnknown = new(
        "scan.list.unknown",
        "The list holds no such request.",
        "Show the list with 'beamtime scan-list show'.");

    /// <summary>The list is full.</summary>
    public static readonly ErrorCode ListFull = new(
        "scan.list.full",
        "The list holds as many requests as it may.",
        "Begin another list.");

    /// <summary>A time that has passed.</summary>
    public static readonly ErrorCode ListTime = new(
        "scan.list.time",
        "The time at which the list is to be put into its queue has passed.",
        "Give a time to come, or none for now.");

    /// <summary>Only a part of the list is in its queue.</summary>
    public static readonly ErrorCode ListRest = new(
        "scan.list.rest",
        "A queue took a part of the list only.",
        "Submit the list again once the queue has room; what is in its queue already is not in the list any more.",
        RetryClass.Later);

    /// <summary>Somebody else has control.</summary>
    public static readonly ErrorCode BatonHeld = new(
        "scan.baton.held",
        "Somebody else has control of the beamline.",
        "Ask that person to put it down with 'beamtime baton release', or have somebody override it who may.",
        RetryClass.Later);

    /// <summary>Nobody has control.</summary>
    public static readonly ErrorCode BatonFree = new(
        "scan.baton.free",
        "Nobody has control of the beamline.",
        "Nothing needs to be done.");

    /// <summary>No such queue.</summary>
    public static readonly ErrorCode QueueUnknown = new(
        "scan.queue.unknown",
        "No scan queue has that name.",
        "List the queues with 'beamtime queue status'; a request that names a queue makes it.");

    /// <summary>Not a name for a queue.</summary>
    public static readonly ErrorCode QueueName = new(
        "scan.queue.name",
        "The name of a queue is not one.",
        "Begin with a lower-case letter and go on with letters, digits, - and _, at most 32; 'all' means every queue.");

    /// <summary>Too many queues.</summary>
    public static readonly ErrorCode QueuesFull = new(
        "scan.queues.full",
        "The beamline has as many scan queues as it may.",
        "Use a queue that is there; one that stays empty is gone after a minute.",
        RetryClass.Later);

    /// <summary>Nothing to hold.</summary>
    public static readonly ErrorCode QueueEmpty = new(
        "scan.queue.empty",
        "The queue is empty, and an empty queue is never paused.",
        "Lock the queue to keep scans from beginning.");

    /// <summary>A lock that cannot be.</summary>
    public static readonly ErrorCode LockInvalid = new(
        "scan.lock.invalid",
        "The lock lacks an owner or a reason, or there are too many.",
        "Give an owner of at most 64 characters and a reason of at most 200.");

    /// <summary>No such lock.</summary>
    public static readonly ErrorCode LockUnknown = new(
        "scan.lock.unknown",
        "The queue has no lock of that owner.",
        "List the locks with 'beamtime queue status'.");

    /// <summary>The file writer cannot write.</summary>
    public static readonly ErrorCode NotRecorded = new(
        "scan.not_recorded",
        "The scan's file cannot be written.",
        "Mend what the message names and submit the scan again.");

    /// <summary>The program died while the scan ran.</summary>
    public static readonly ErrorCode Interrupted = new(
        "scan.interrupted",
        "The program ended while the scan ran; its file was recovered up to the last flush.",
        "Look at the file, then submit the scan again if points are missing.");

    /// <summary>A device that writes frames was staged anew.</summary>
    public static readonly ErrorCode FramesApart = new(
        "scan.frames.apart",
        "A device that writes its frames itself had to be made ready anew in the middle of the scan; its frames would lie in two files.",
        "The points and frames until then are kept; submit the scan again for the rest.");

    /// <summary>A device or the scan's own code failed.</summary>
    public static readonly ErrorCode Failed = new(
        "scan.failed",
        "The scan's own code failed.",
        "Report the message to the author of the scan.");

    /// <summary>The queue is full.</summary>
    public static readonly ErrorCode QueueFull = new(
        "scan.queue.full",
        "The queue holds as many scans as it may.",
        "Wait until some have run, or abort some.",
        RetryClass.Later);

    /// <summary>Devices of the scan are taken.</summary>
    public static readonly ErrorCode NoPoints = new(
        "scan.points.none",
        "The arguments give no point, or more points than a scan may have.",
        "Change the arguments.");

    /// <summary>A device that the plan does not name.</summary>
    public static readonly ErrorCode Undeclared = new(
        "scan.device.undeclared",
        "The scan's code sets or stages a device that its plan does not name; somebody else might use it.",
        "Name the device in the plan: among its motors, monitored devices or actuators.");

    /// <summary>Calls of a scan that its record does not tell.</summary>
    public static readonly ErrorCode CallsUnrecorded = new(
        "scan.calls.unrecorded",
        "The record of the scan does not tell all methods that its code has called: they are too many, or the database was away.",
        "Nothing needs to be done; the file and the points are complete.");

    /// <summary>A point of the scan's own readings has too few or too many.</summary>
    public static readonly ErrorCode PointIncomplete = new(
        "scan.point.incomplete",
        "The readings that the scan's code publishes as a point are not those that its points have.",
        "Give every signal of every monitored device, and no others.");

    /// <summary>Something was started that nobody waited for.</summary>
    public static readonly ErrorCode Unchecked = new(
        "scan.action.unchecked",
        "The scan's code has started something and never waited for it; the scan waited at its end.",
        "Wait for what StartAsync gives before the core ends.");

    /// <summary>A continuous scan is too fast for its exposure.</summary>
    public static readonly ErrorCode TooFast = new(
        "scan.motion.fast",
        "The motor covers a step in less time than an exposure takes.",
        "Lower the motor's velocity, take fewer points or expose shorter; nothing has moved.");

    /// <summary>A continuous scan missed the place of a point.</summary>
    public static readonly ErrorCode PlacePassed = new(
        "scan.motion.passed",
        "The motor was past the place of a point, or came to rest before it, when it was looked at.",
        "Lower the motor's velocity, or allow more by atol; the points until then are kept.");
}
