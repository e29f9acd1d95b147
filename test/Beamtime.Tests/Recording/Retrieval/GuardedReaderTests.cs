using Beamtime.Control.Recording.Retrieval;
using Beamtime.Hdf5;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Recording.Retrieval;

/// <summary>Files of scans are read where a damaged one can do no harm.</summary>
public sealed class GuardedReaderTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_reader_that_dies_of_a_file_is_told_and_the_next_question_is_answered()
    {
        using var folder = TemporaryFolder.Create("reader");
        // The first of two dies of what it is asked, as libhdf5 does of some damaged files.
        var script = folder["reader.sh"];
        await File.WriteAllTextAsync(
            script,
            $$$"""
            read question
            if [ -e '{{{folder["once"]}}}' ]; then
              echo '{"page":{"columns":[],"points":[],"total":7}}'
            else
              : > '{{{folder["once"]}}}'
              kill -SEGV $$
            fi
            """,
            Cancel);
        using var reader = new GuardedReader(["/bin/sh", script], TimeProvider.System);

        var fault = await Assert.ThrowsAsync<FaultException>(() => reader.ReadAsync(Question("none"), Cancel).AsTask());
        Assert.Equal(("recording.reader.died", RetryClass.Later), (fault.Reason.Code, fault.Reason.Retry));
        Assert.Equal(7, (await reader.ReadAsync(Question("none"), Cancel)).Total);
    }

    [Fact]
    public async Task One_that_is_given_up_does_not_answer_the_next_question()
    {
        using var folder = TemporaryFolder.Create("reader");
        var script = folder["reader.sh"];
        await File.WriteAllTextAsync(
            script,
            $$$"""
            read question
            if [ -e '{{{folder["once"]}}}' ]; then
              echo '{"page":{"columns":[],"points":[],"total":7}}'
            else
              : > '{{{folder["once"]}}}'
              exec sleep 600
            fi
            """,
            Cancel);
        using var reader = new GuardedReader(["/bin/sh", script], TimeProvider.System);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var asked = reader.ReadAsync(Question("none"), patience.Token).AsTask();
        while (!File.Exists(folder["once"]))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancel);
        }

        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        Assert.Null(reader.ProcessId);
        Assert.Equal(7, (await reader.ReadAsync(Question("none"), Cancel)).Total);
    }

    [Fact]
    public async Task This_program_reads_and_refuses_and_says_what_is_damaged()
    {
        using var folder = TemporaryFolder.Create("reader");
        using var reader = new GuardedReader(GuardedReader.Itself, TimeProvider.System);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => reader.ReadAsync(Question(folder.Path), Cancel).AsTask());
        Assert.Equal("recording.unknown", refused.Reasons[0].Code);

        await File.WriteAllTextAsync(folder["S00001_master.h5"], "no file of the kind", Cancel);
        var fault = await Assert.ThrowsAsync<FaultException>(() => reader.ReadAsync(Question(folder.Path), Cancel).AsTask());
        Assert.Equal("recording.live.unreadable", fault.Reason.Code);

        using (var file = H5File.Create(folder["S00001_master.h5"], H5FileOptions.Swmr with { Overwrite = true }))
        {
            file.CreateArray<long>("/entry/collection/points/id", []).Dispose();
        }

        Assert.Equal(0, (await reader.ReadAsync(Question(folder.Path), Cancel)).Total);
        Assert.NotNull(reader.ProcessId);
    }

    private static PointQuestion Question(string folder) => new(folder, "S00001", null, 0, 10, long.MaxValue);
}
