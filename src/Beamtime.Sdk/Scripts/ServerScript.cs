using Beamtime.Sdk.Scans;

namespace Beamtime.Sdk.Scripts;

/// <summary>
/// A server script: several scans, moves and calls in one piece of code that runs on the server, also when nobody is signed in.
/// What each call of its context gave is remembered. After a crash the code runs again from its beginning and comes by
/// what is done without doing it again; so between calls it only decides, by its arguments and by what calls gave.
/// </summary>
public abstract class ServerScript
{
    /// <summary>Runs it.</summary>
    /// <param name="script">What it may ask for.</param>
    /// <param name="cancel">Fires when it is aborted, and when the program stops; pass it on and let it through.</param>
    /// <returns>What came of it, for people; empty for nothing.</returns>
    public abstract Task<string> RunAsync(ScriptContext script, CancellationToken cancel);
}

/// <summary>A server script as it is registered: its name, text and parameters, and how to make it.</summary>
public sealed record ScriptDeclaration
{
    /// <summary>Name, an identifier: <c>align</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it does, one sentence.</summary>
    public required string Description { get; init; }

    /// <summary>Positional parameters, repeated as a bundle. Empty for none.</summary>
    public IReadOnlyList<ScanParameter> Bundle { get; init; } = [];

    /// <summary>How many bundles at least and at most.</summary>
    public (int Least, int Most) Bundles { get; init; } = (0, 0);

    /// <summary>Named parameters.</summary>
    public IReadOnlyList<ScanParameter> Parameters { get; init; } = [];

    /// <summary>Makes the script from validated arguments.</summary>
    public required Func<ScanArguments, ServerScript> Create { get; init; }
}
