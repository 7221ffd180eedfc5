using MuonSharp.Distributed;
using MuonSharp.Formats;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>Opens run folders for trainers: new ones, and ones to be taken up again.</summary>
internal static class TrainerFactory
{
    private const string ConfigName = "config.json";

    /// <summary>A run that begins, of a configuration.</summary>
    public static Trainer Create(TrainingConfig config, string? runFolder, TrainerOptions options)
    {
        List<string> notices = [];
        config = RankShards.Complete(config, options.Collectives);
        TrainingParts? parts = null;
        try
        {
            TrainingRanks.Prepare(options.Collectives, () => parts = TrainingParts.Create(WeightSource.Complete(Complete(config), notices), from: null, options));
        }
        catch
        {
            parts?.Dispose();
            throw;
        }

        return Begin(parts!, runFolder, options, notices);
    }

    /// <summary>A run that begins, of a task.</summary>
    public static Trainer Create(ITrainingTask task, TrainerSettings settings, IReadOnlyList<Route>? routes, string? runFolder, TrainerOptions options) =>
        Begin(TrainingParts.Create(task, Complete(settings), routes, options), runFolder, options, notices: []);

    /// <summary>A run that goes on, of a configuration.</summary>
    public static Trainer Resume(string runFolder, TrainingConfig? config, TrainerOptions options)
    {
        TrainingConfig saved = new RunFolder(runFolder).ReadConfig(), resumed = Complete(config ?? saved);
        return Continue(runFolder, options, saved.Train.Steps, (folder, checkpoint) =>
        {
            ResumeRules.Check(saved, resumed, checkpoint?.Step ?? 0);
            return TrainingParts.Create(resumed, checkpoint is null ? null : new RunStart(checkpoint, folder), options, folder.WithCopies(resumed, saved));
        });
    }

    /// <summary>The configuration of a run that began with it: the weights it began with are those that it recorded, and with them came what is not set.</summary>
    public static TrainingConfig AsBegun(TrainingConfig config, string runFolder)
    {
        TrainingConfig saved = new RunFolder(runFolder).ReadConfig();
        return config.Train.From is not { } from || config.Train.FromSha256 is not null ? config
            : WeightSource.Complete(config with { Train = config.Train with { From = Path.GetFullPath(from), FromSha256 = saved.Train.FromSha256 } });
    }

    /// <summary>A run that goes on, of a task.</summary>
    public static Trainer Resume(ITrainingTask task, TrainerSettings settings, IReadOnlyList<Route>? routes, string runFolder, TrainerOptions options)
    {
        settings = Complete(settings);
        return Continue(runFolder, options, TaskRun.SavedSteps(new RunFolder(runFolder).ReadConfigFile()), (folder, checkpoint) =>
        {
            if (checkpoint is { } reached && settings.Steps < reached.Step)
            {
                throw new ConfigurationException([$"[resume] steps must be at least the {reached.Step} that the run has done; {settings.Steps} came"]);
            }

            TrainingParts parts = TrainingParts.Create(task, settings, routes, options);
            try
            {
                ((TaskRun)parts.Identity).CheckSaved(folder.ConfigPath, folder.ReadConfigFile().ToNode()!.AsObject());
                return parts;
            }
            catch
            {
                parts.Dispose();
                throw;
            }
        });
    }

    private static Trainer Begin(TrainingParts parts, string? runFolder, TrainerOptions options, IReadOnlyList<string> notices)
    {
        RunWriter? writer = null;
        try
        {
            // Ranks that differ leave no folder.
            bool writes = runFolder is not null && parts.Ranks?.Writes != false;
            parts.Ranks?.Begin(parts, step: 0, writes);
            writer = !writes ? null : RunWriter.Create(
                runFolder!, parts.Identity.ToJson(), RunEnvironment.Describe(parts.Task.Team.Threads, options.Time), options.Files, parts.NewFiles(atStart: true));
            return new Trainer(parts, writer, new RunState(), savedStep: -1, notices);
        }
        catch
        {
            writer?.Dispose();
            parts.Dispose();
            throw;
        }
    }

    private static Trainer Continue(string runFolder, TrainerOptions options, long? savedSteps, Func<RunFolder, LoadedCheckpoint?, TrainingParts> make)
    {
        RunWriter? writer = null;
        TrainingParts? parts = null;
        RunState state = new();
        long savedStep = -1;
        List<string> notices = [];
        ICollectives? ranks = options.Collectives is { Size: > 1 } several ? several : null;
        try
        {
            bool chooses = ranks is null or { Rank: 0 };
            string? chosen = null;
            TrainingRanks.Prepare(ranks, () =>
            {
                writer = chooses ? RunWriter.Resume(runFolder, options.Files, Prepare) : null;
                chosen = writer?.Checkpoint?.Folder;

                // Open files would keep a checkpoint's space on the disk after its deletion, and on Windows the checkpoint itself.
                writer?.Checkpoint?.Dispose();
            });
            if (ranks is not null)
            {
                // The first rank has chosen; the others write nothing.
                chosen = TrainingRanks.TellCheckpoint(ranks, chosen);
                TrainingRanks.Prepare(ranks, () =>
                {
                    if (!chooses)
                    {
                        using LoadedCheckpoint? checkpoint = chosen is null ? null : CheckpointReader.Open(chosen);
                        _ = Prepare(checkpoint, []);
                    }
                });
                parts!.Ranks!.Begin(parts, state.Step, hasFolder: chooses);
            }

            return new Trainer(parts!, writer, state, savedStep, notices);
        }
        catch
        {
            parts?.Dispose();
            writer?.Dispose();
            throw;
        }

        IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Prepare(LoadedCheckpoint? checkpoint, IReadOnlyList<string> problems)
        {
            RunFolder folder = new(runFolder);
            parts = make(folder, checkpoint);
            if (checkpoint is not null)
            {
                notices.AddRange([.. PassedOver.Describe(problems, checkpoint.Step), .. RunState.OtherRevision(checkpoint)]);
                (state, savedStep) = (Load(checkpoint, parts), checkpoint.Step);
                notices.AddRange(OtherLength.Describe(parts, checkpoint.Step, savedSteps));
            }
            else
            {
                notices.Add($"[resume] {runFolder}: the run has no checkpoint yet; it starts over");
            }

            Dictionary<string, ReadOnlyMemory<byte>> files = parts.NewFiles(atStart: checkpoint is null);
            files[ConfigName] = IndentedJson.ToBytes(parts.Identity.ToJson());
            return files;
        }
    }

    /// <summary>Checks a configuration and makes its paths such as hold from any directory.</summary>
    private static TrainingConfig Complete(TrainingConfig config)
    {
        Check(config.Validate());
        TrainingConfig full = config.WithData(config.Data.File?.Full(), config.Data.ValidationFile?.Full());
        full = config.Train.From is { } from ? full with { Train = full.Train with { From = Path.GetFullPath(from) } } : full;

        // The values are those that were given, from where they were given.
        return full with { Recorded = new(full, ConfigKeys.All.ToDictionary(key => key, config.OriginOf)) };
    }

    private static TrainerSettings Complete(TrainerSettings settings)
    {
        Check(settings.Validate());
        return settings;
    }

    private static void Check(IReadOnlyList<string> problems)
    {
        if (problems.Count > 0)
        {
            throw new ConfigurationException(problems);
        }
    }

    private static RunState Load(LoadedCheckpoint checkpoint, TrainingParts parts)
    {
        parts.Identity.CheckOwn(checkpoint);
        if (RunState.DataSha256(checkpoint.State) != parts.Task.DataIdentity)
        {
            string source = parts.Task is LanguageTask language ? language.Source : (parts.Task as ImageTask)?.Source ?? checkpoint.Folder;
            throw new BadInputException($"[resume] {source}: the data must be that which the run began with; another came");
        }

        WeightFile.Read(checkpoint.Model, parts.Task.Parameters);

        // A checkpoint from before there was a clip: all factors are 1, as they are at the start.
        bool clips = parts.Clip is { } clip && clip.StateTensors.Any(tensor => checkpoint.Optimizer.TryGet(tensor.Name, out _));
        OptimizerState.LoadTensors(clips ? parts.StateTensors : parts.Optimizer.StateTensors, checkpoint.Optimizer);
        return RunState.Read(checkpoint, parts.Optimizer);
    }
}
