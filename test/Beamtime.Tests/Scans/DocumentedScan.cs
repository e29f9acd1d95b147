using Beamtime.Sdk.Plugins;
using Beamtime.Sdk.Scans;
using Beamtime.Sdk.Scans.Positions;

namespace Beamtime.Tests.Scans;

/// <summary>The scan that the page on writing scans shows, word for word.</summary>
internal sealed class SpiralScan(ScanArguments arguments)
    : StepScan(arguments, [arguments.Text(0, 0), arguments.Text(0, 1)])
{
    public static readonly ScanDeclaration Declaration = new()
    {
        Name = "spiral",
        Description = "Moves two motors on a spiral of evenly spaced windings.",
        Bundle =
        [
            new() { Name = "motor1", Type = ParameterType.Positioner, Description = "The first motor.", Example = "samx" },
            new() { Name = "motor2", Type = ParameterType.Positioner, Description = "The second motor.", Example = "samy" },
        ],
        Bundles = (1, 1),
        Parameters =
        [
            new()
            {
                Name = "width", Type = ParameterType.Number, UnitOf = "motor1", Above = 0, Example = "2",
                Description = "Extent of the square that the spiral fills.",
            },
            new()
            {
                Name = "windings", Type = ParameterType.Integer, Low = 1, High = 1000, Default = "5",
                Description = "Windings from the middle to the edge.",
            },
            Relative,
            .. AcquisitionParameters.All,
        ],
        Create = arguments => new SpiralScan(arguments),
    };

    protected override Trajectory LayOut(ScanArguments arguments)
    {
        var width = arguments.Number("width");
        return ArchimedeanSpiral.Within(width, width, width / 2 / arguments.Integer("windings"), perTurn: 12);
    }
}

/// <summary>The plugin that registers it.</summary>
public sealed class SpiralPlugin : Plugin
{
    public override void Register(PluginRegistry registry) => registry.AddScan(SpiralScan.Declaration);
}
