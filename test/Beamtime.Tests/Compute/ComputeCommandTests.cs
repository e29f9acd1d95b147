using System.Text.Json;
using Beamtime.Data.Compute;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Compute;

public sealed class ComputeCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("verbs");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_reconstruction_prints_progress_and_its_result_as_json_lines()
    {
        var file = ScanFile.Write(PhantomScan.Of(8, 64, 30.5, PhantomScan.HalfTurn(33, isInclusive: true)), _folder["s.h5"]);
        using var printed = new StringWriter();

        var exit = ReconstructionCommand.Run(
            new ReconstructionRequest { File = file, Folder = _folder["out"] }, printed, TimeProvider.System, Cancel);

        var lines = Read(printed);
        Assert.Equal(ComputeExit.Done, exit);
        Assert.Equal(ComputeEvent.Progress, lines[0].Event);
        Assert.Equal(8, lines[^2].Of);
        var result = lines[^1].Result!.Value.Deserialize(ComputeLineJson.Default.ReconstructionResult)!;
        Assert.Equal(30.5, result.Centre, 0.5);
        Assert.Equal(CentreOrigin.OppositePair, result.CentreOrigin);
        Assert.Equal((8, 64, 33), (result.Slices, result.Size, result.Projections));
        Assert.True(File.Exists(result.VolumeFile) && File.Exists(result.PictureFile));
    }

    [Fact]
    public void A_missing_file_is_refused_with_every_reason()
    {
        using var printed = new StringWriter();

        var exit = ReconstructionCommand.Run(
            new ReconstructionRequest { File = _folder["nowhere.h5"] }, printed, TimeProvider.System, Cancel);

        Assert.Equal(ComputeExit.Refused, exit);
        Assert.Equal("reconstruct.file.missing", Assert.Single(Read(printed)).Reasons![0].Code);
    }

    [Fact]
    public void The_rotation_centre_of_a_pair_is_found()
    {
        var file = ScanFile.Write(PhantomScan.Of(16, 128, 59.25, [0, 180]), _folder["pair.h5"]);
        using var printed = new StringWriter();

        var exit = RotationCentreCommand.Run(file, printed, Cancel);

        var result = Assert.Single(Read(printed)).Result!.Value;
        Assert.Equal(ComputeExit.Done, exit);
        Assert.Equal(59.25, result.GetProperty("centre_pixels").GetDouble(), 0.3);
        Assert.Equal(128, result.GetProperty("columns").GetInt32());
    }

    private static ComputeLine[] Read(StringWriter printed) =>
    [
        .. printed.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => JsonSerializer.Deserialize(l, ComputeLineJson.Default.ComputeLine)!),
    ];
}
