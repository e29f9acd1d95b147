using Beamtime.Tests.Support;

namespace Beamtime.Tests.Cli;

public sealed class ComputeCommandsTests : IDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("compute-cli");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("reconstruct")]
    [InlineData("compute", "rotation-center")]
    public async Task People_read_words_and_the_exit_code_says_refused(params string[] verb)
    {
        var (exit, output, error) = await RunningProgram.RunAsync(
            TestContext.Current.CancellationToken, [.. verb, _folder["nowhere.h5"]]);
        Assert.Equal(3, exit);
        Assert.Equal("", output);
        Assert.StartsWith("reconstruct.file.missing: ", error, StringComparison.Ordinal);
    }
}
