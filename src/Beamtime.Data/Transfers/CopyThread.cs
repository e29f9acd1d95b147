namespace Beamtime.Data.Transfers;

/// <summary>
/// A thread for work that waits for disks all the time, which would hold up what else runs on the pool's threads.
/// </summary>
internal static class CopyThread
{
    /// <summary>Runs work on a thread of its own.</summary>
    /// <typeparam name="T">What the work gives.</typeparam>
    /// <param name="name">The thread's name.</param>
    /// <param name="work">The work; what it throws, the task throws.</param>
    public static Task<T> RunAsync<T>(string name, Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(Run) { IsBackground = true, Name = name }.Start();
        return done.Task;

        void Run()
        {
            try
            {
                done.SetResult(work());
            }
            catch (OperationCanceledException cancelled)
            {
                done.SetCanceled(cancelled.CancellationToken);
            }
            catch (Exception error)
            {
                done.SetException(error);
            }
        }
    }
}
