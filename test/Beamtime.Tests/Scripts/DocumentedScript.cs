using System.Globalization;
using Beamtime.Sdk.Plugins;
using Beamtime.Sdk.Scans;
using Beamtime.Sdk.Scripts;

namespace Beamtime.Tests.Scripts;

/// <summary>The script that the page on server scripts shows, word for word.</summary>
internal sealed class NarrowingScript(ScanArguments arguments) : ServerScript
{
    public static readonly ScriptDeclaration Declaration = new()
    {
        Name = "narrowing",
        Description = "Scans a motor around where it is, each time half as wide, until the range is small enough.",
        Bundle =
        [
            new() { Name = "motor", Type = ParameterType.Positioner, Description = "The motor.", Example = "samx" },
            new() { Name = "range", Type = ParameterType.Number, UnitOf = "motor", Above = 0, Description = "The first range." },
        ],
        Bundles = (1, 1),
        Parameters =
        [
            new() { Name = "smallest", Type = ParameterType.Number, UnitOf = "motor", Above = 0, Description = "The last range." },
        ],
        Create = arguments => new NarrowingScript(arguments),
    };

    public override async Task<string> RunAsync(ScriptContext script, CancellationToken cancel)
    {
        var motor = arguments.Text(0, 0);
        var scans = new List<string>();
        for (var range = arguments.Number(0, 1); range >= arguments.Number("smallest"); range /= 2)
        {
            var at = (await script.ReadAsync(motor, cancel)).AsDouble();
            await script.LogAsync(string.Create(CultureInfo.InvariantCulture, $"range {range} around {at}"), cancel);
            var scan = await script.ScanAsync(
                "line",
                [motor, Text(at - (range / 2)), Text(at + (range / 2))],
                new Dictionary<string, string> { ["steps"] = "5" },
                cancel);
            scans.Add($"S{scan.Number:D5}");
            await script.MoveAsync(new Dictionary<string, double> { [motor] = at }, cancel);
        }

        return string.Join(' ', scans);
    }

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>The plugin of that page.</summary>
public sealed class NarrowingPlugin : Plugin
{
    public override void Register(PluginRegistry registry) => registry.AddScript(NarrowingScript.Declaration);
}
