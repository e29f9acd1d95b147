using Beamtime.Cli;

return await CommandTree.RunAsync(args);
