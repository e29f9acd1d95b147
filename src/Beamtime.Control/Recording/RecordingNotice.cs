using System.Text.Json.Serialization;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Recording;

namespace Beamtime.Control.Recording;

/// <summary>What the file writer tells of a scan's recording.</summary>
/// <param name="Scan">The scan.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(RecordingFault), "fault")]
[JsonDerivedType(typeof(RecordingDone), "closed")]
internal abstract record RecordingNotice(Guid Scan);

/// <summary>Something of the recording failed.</summary>
/// <param name="Scan">The scan.</param>
/// <param name="Reason">What, and its remedy.</param>
/// <param name="EndsScan">True when further points cannot be kept, so that the scan must be aborted.</param>
internal sealed record RecordingFault(Guid Scan, Reason Reason, bool EndsScan) : RecordingNotice(Scan);

/// <summary>The recording is closed, synced and registered.</summary>
/// <param name="Scan">The scan.</param>
/// <param name="Closed">Its files.</param>
internal sealed record RecordingDone(Guid Scan, RecordingClosed Closed) : RecordingNotice(Scan);
