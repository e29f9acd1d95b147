using System.Text.Json.Serialization;
using Beamtime.Control.Devices;
using Beamtime.Control.Plugins;
using Beamtime.Control.Scans;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scripts;

namespace Beamtime.Control.Scripts;

/// <summary>A server script as the catalogue tells it.</summary>
/// <param name="Name">Name.</param>
/// <param name="Description">What it does.</param>
/// <param name="Bundle">Positional parameters of one bundle.</param>
/// <param name="LeastBundles">Bundles at least.</param>
/// <param name="MostBundles">Bundles at most.</param>
/// <param name="Parameters">Named parameters.</param>
/// <param name="Plugin">The plugin that it comes from; null for one of the program.</param>
internal sealed record ScriptCatalogueEntry(
    string Name,
    string Description,
    IReadOnlyList<ScanCatalogueParameter> Bundle,
    int LeastBundles,
    int MostBundles,
    IReadOnlyList<ScanCatalogueParameter> Parameters,
    PluginOrigin? Plugin);

/// <summary>What somebody wants run.</summary>
internal sealed record ScriptRequest
{
    /// <summary>Positional arguments.</summary>
    public IReadOnlyList<string> Args { get; init; } = [];

    /// <summary>Named ones.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>The queue: its runs run one after the other, those of others beside them.</summary>
    public string Queue { get; init; } = "primary";

    /// <summary>What for.</summary>
    public string Reason { get; init; } = "";
}

/// <summary>Why runs are aborted, and which.</summary>
internal sealed record ScriptAbortRequest
{
    /// <summary>Why.</summary>
    public string Reason { get; init; } = "";

    /// <summary>The queue whose runs are aborted; null where all are.</summary>
    public string? Queue { get; init; }

    /// <summary>True for all queues.</summary>
    public bool All { get; init; }
}

/// <summary>A run of a server script.</summary>
/// <param name="Id">Its id; that of its workflow too.</param>
/// <param name="Script">The script.</param>
/// <param name="Queue">Its queue.</param>
/// <param name="State">Where it stands, as workflows do: <c>Running</c>, <c>Suspended</c> while a scan goes on, <c>Completed</c>.</param>
/// <param name="Who">Name of the person who asked for it.</param>
/// <param name="AskedAt">When, UTC.</param>
/// <param name="EndedAt">When it was over, UTC; null before.</param>
/// <param name="Request">What was asked for.</param>
/// <param name="Plugin">The version of the plugin, for people; null for a script of the program.</param>
/// <param name="Result">What came of it; null before its end.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
internal sealed record ScriptRun(
    Guid Id,
    string Script,
    string Queue,
    string State,
    string Who,
    DateTimeOffset AskedAt,
    DateTimeOffset? EndedAt,
    ScriptRequest Request,
    string? Plugin,
    string? Result,
    Reason? Error);

/// <summary>A page of runs.</summary>
/// <param name="Items">The runs, newest first.</param>
/// <param name="Total">How many there are.</param>
internal sealed record ScriptPage(IReadOnlyList<ScriptRun> Items, long Total);

/// <summary>A line that a run has said.</summary>
/// <param name="Place">Its number in the run, from 1.</param>
/// <param name="At">When, UTC.</param>
/// <param name="Line">The line.</param>
internal sealed record ScriptLine(int Place, DateTimeOffset At, string Line);

/// <summary>What a run is started with.</summary>
/// <param name="Script">The script.</param>
/// <param name="Request">What was asked for.</param>
/// <param name="Who">Id of the person who asked.</param>
/// <param name="Plugin">The digest of the plugin; null for a script of the program.</param>
internal sealed record ScriptInput(string Script, ScriptRequest Request, Guid Who, string? Plugin);

/// <summary>What came of a run.</summary>
/// <param name="Text">For people.</param>
internal sealed record ScriptOutcome(string Text);

/// <summary>JSON of server scripts.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    Converters = [typeof(ValueConverter)])]
[JsonSerializable(typeof(ScriptRequest))]
[JsonSerializable(typeof(ScriptInput))]
[JsonSerializable(typeof(ScriptOutcome))]
[JsonSerializable(typeof(ScriptScan))]
[JsonSerializable(typeof(ScanRequest))]
[JsonSerializable(typeof(Value))]
[JsonSerializable(typeof(Reason))]
internal sealed partial class ScriptJson : JsonSerializerContext;
