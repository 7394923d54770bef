return await Krewe.EngineSim.Cli.SimProcess.RunAsync(args);
