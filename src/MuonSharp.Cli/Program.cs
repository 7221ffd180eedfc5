return await MuonSharp.Cli.Tool.RunAsync(args);
