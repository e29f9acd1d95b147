namespace Beamtime.Sdk.Scans;

/// <summary>A part of a scan's course that a modifier can change.</summary>
public enum ScanHook
{
    /// <summary><see cref="Scan.PrepareAsync"/>.</summary>
    Prepare,

    /// <summary><see cref="Scan.StageAsync"/>.</summary>
    Stage,

    /// <summary><see cref="Scan.OpenAsync"/>.</summary>
    Open,

    /// <summary><see cref="Scan.PreScanAsync"/>.</summary>
    PreScan,

    /// <summary><see cref="Scan.CoreAsync"/>.</summary>
    Core,

    /// <summary>Each <see cref="ScanContext.TakePointAsync"/> of the core.</summary>
    EachPoint,

    /// <summary><see cref="Scan.PostScanAsync"/>.</summary>
    PostScan,

    /// <summary><see cref="Scan.UnstageAsync"/>.</summary>
    Unstage,

    /// <summary><see cref="Scan.CloseAsync"/>.</summary>
    Close,

    /// <summary><see cref="Scan.OnExceptionAsync"/>.</summary>
    OnException,
}

/// <summary>Where a change comes in.</summary>
public enum HookChangeKind
{
    /// <summary>Before the hook.</summary>
    Before,

    /// <summary>After the hook, where that did not throw.</summary>
    After,

    /// <summary>Instead of the hook; the change may call it.</summary>
    Replace,
}

/// <summary>What a change does.</summary>
/// <param name="scan">The running scan.</param>
/// <param name="original">The hook itself, for a change that replaces it; for others nothing.</param>
/// <param name="cancel">As the hook's own.</param>
public delegate Task HookAction(ScanContext scan, Func<Task> original, CancellationToken cancel);

/// <summary>One change of one hook.</summary>
/// <param name="Hook">The hook.</param>
/// <param name="Kind">Where it comes in.</param>
/// <param name="Do">What it does.</param>
public sealed record HookChange(ScanHook Hook, HookChangeKind Kind, HookAction Do);

/// <summary>
/// A beamline's own ways with scans that it did not write: what else is done at their hooks, and other defaults of their
/// parameters. Two changes of one hook and kind for one scan are refused when the plugin is read, as are two defaults of one parameter.
/// </summary>
public sealed record ScanModifier
{
    /// <summary>Its name, for messages.</summary>
    public required string Name { get; init; }

    /// <summary>Names of scans that it changes; <c>*</c> and <c>?</c> stand for any text and any character. Each matches a scan.</summary>
    public IReadOnlyList<string> Scans { get; init; } = ["*"];

    /// <summary>What is done at their hooks.</summary>
    public IReadOnlyList<HookChange> Changes { get; init; } = [];

    /// <summary>Defaults of their parameters by name; each is a parameter of at least one of the scans.</summary>
    public IReadOnlyDictionary<string, string> Defaults { get; init; } = new Dictionary<string, string>();
}
