namespace Beamtime.Control.Recording.Retrieval;

/// <summary>Answers for points of scans, where the files are.</summary>
internal sealed class PointReception(RecordingTopics topics, GuardedReader reader)
{
    /// <summary>Answers until cancelled.</summary>
    /// <param name="cancel">Ends the loop.</param>
    public async Task RunAsync(CancellationToken cancel) =>
        await (await Task.WhenAny(topics.Points.ServeAsync(reader.ReadAsync, cancel), reader.TendAsync(cancel)));
}
