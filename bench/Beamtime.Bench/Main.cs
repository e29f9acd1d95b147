using Beamtime.Bench;
using Beamtime.Core.Settings;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
return await BenchRun.RunAsync(args, EnvironmentVariables.OfProcess()["BENCH_JSON"], stop.Token);
