using MuonSharp.Formats;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>Opens run folders for trainers: new ones, and ones to be taken up again.</summary>
internal static class TrainerFactory
{
    /// <summary>A run that begins.</summary>
    public static Trainer Create(TrainingConfig config, string? runFolder, TrainerOptions options)
    {
        config = Complete(config);
        TrainingParts parts = TrainingParts.Create(config, tokenizer: null, options);
        RunWriter? writer = null;
        try
        {
            if (runFolder is not null)
            {
                writer = RunWriter.Create(
                    runFolder, config.ToJson(), RunEnvironment.Describe(parts.Team.Threads, options.Time), options.Files);
                WriteTokenizer(writer, parts.Data.Tokenizer, options);
            }

            return new Trainer(parts, writer, new RunState(), []);
        }
        catch
        {
            writer?.Dispose();
            parts.Dispose();
            throw;
        }
    }

    /// <summary>A run that goes on.</summary>
    public static Trainer Resume(string runFolder, TrainingConfig? config, TrainerOptions options)
    {
        RunFolder folder = new(runFolder);
        TrainingConfig saved = folder.ReadConfig(), resumed = Complete(config ?? saved);
        RunWriter? writer = null;
        TrainingParts? parts = null;
        try
        {
            writer = RunWriter.Resume(runFolder, options.Files, reached => ResumeRules.Check(saved, resumed, reached.Step));
            LoadedCheckpoint? checkpoint = writer.Checkpoint;
            List<string> notices = [];
            if (checkpoint is not null)
            {
                notices.AddRange(PassedOver.Describe(writer.Problems, checkpoint.Step));
            }

            parts = TrainingParts.Create(resumed, checkpoint is null ? null : TokenizerFile.Parse(checkpoint.ReadRunFile(folder.TokenizerPath), folder.TokenizerPath), options);
            RunState state = checkpoint is null ? new() : Load(checkpoint, parts);

            // Open files would keep a checkpoint's space on the disk after its deletion, and on Windows the checkpoint itself.
            checkpoint?.Dispose();
            writer.WriteConfig(resumed.ToJson());
            if (checkpoint is null)
            {
                WriteTokenizer(writer, parts.Data.Tokenizer, options);
                notices.Add($"[resume] {runFolder}: the run has no checkpoint yet; it starts over");
            }

            return new Trainer(parts, writer, state, notices);
        }
        catch
        {
            parts?.Dispose();
            writer?.Dispose();
            throw;
        }
    }

    /// <summary>Checks a configuration and makes its path one that holds from any directory.</summary>
    private static TrainingConfig Complete(TrainingConfig config)
    {
        IReadOnlyList<string> problems = config.Validate();
        if (problems.Count > 0)
        {
            throw new ConfigurationException(problems);
        }

        return config.Data.File is { } file ? config with { Data = config.Data with { File = Path.GetFullPath(file) } } : config;
    }

    private static RunState Load(LoadedCheckpoint checkpoint, TrainingParts parts)
    {
        ResumeRules.CheckOwn(checkpoint, parts.Config);
        if (RunState.DataSha256(checkpoint.State) != parts.Data.Sha256)
        {
            throw new BadInputException($"[resume] {parts.Data.Source}: the text must be the one the run began with; another one came");
        }

        TensorFiles.ReadWeights(checkpoint.Model, parts.Model.Parameters);

        // A checkpoint from before there was a clip: all factors are 1, as they are at the start.
        bool clips = parts.Clip is { } clip && clip.StateTensors.Any(tensor => checkpoint.Optimizer.TryGet(tensor.Name, out _));
        OptimizerState.LoadTensors(clips ? parts.StateTensors : parts.Optimizer.StateTensors, checkpoint.Optimizer);
        return RunState.Read(checkpoint, parts.Optimizer);
    }

    private static void WriteTokenizer(RunWriter writer, ITokenizer tokenizer, TrainerOptions options)
    {
        string path = writer.Folder.TokenizerPath;
        try
        {
            options.Files.Replace(path, TokenizerFile.ToBytes(tokenizer));
        }
        catch (Exception error) when (WriteFailedException.IsWriteFailure(error))
        {
            throw new WriteFailedException("run", path, error);
        }
    }
}
