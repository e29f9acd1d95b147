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
