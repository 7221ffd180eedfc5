using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>All that computes in a run: data, team, model, optimizer, step. Owns what has to be freed.</summary>
internal sealed class TrainingParts : IDisposable
{
    private TrainingParts(
        TrainingConfig config, TextData data, WorkerTeam team, DecoderModel model, RoutedOptimizer optimizer, QkClip? clip, TimeProvider time)
    {
        (Config, Data, Team, Model, Optimizer, Clip, Time) = (config, data, team, model, optimizer, clip, time);
        Step = new TrainingStep(
            model, optimizer, clip, new TokenBatches(data.Training, config.Model.Context, config.Train.Seed), config.Train, time);
    }

    public TrainingConfig Config { get; }

    public TextData Data { get; }

    public WorkerTeam Team { get; }

    public DecoderModel Model { get; }

    public RoutedOptimizer Optimizer { get; }

    /// <summary>The clip of queries and keys; null when it is off.</summary>
    public QkClip? Clip { get; }

    /// <summary>All state that a checkpoint keeps as tensors: the optimizer's and the clip's.</summary>
    public IReadOnlyList<StateTensor> StateTensors => [.. Optimizer.StateTensors, .. Clip?.StateTensors ?? []];

    public TrainingStep Step { get; }

    public TimeProvider Time { get; }

    /// <summary>Makes everything for a sound configuration; on failure nothing stays.</summary>
    /// <exception cref="BadInputException">The text cannot be used, or the sample's prompt holds a character that it lacks.</exception>
    public static TrainingParts Create(TrainingConfig config, ITokenizer? tokenizer, TrainerOptions options)
    {
        TextData data = TextData.Load(config, tokenizer);
        _ = TextPieces.Prompt(data.Tokenizer, config.Sample.Prompt);
        WorkerTeam team = new(config.Train.Threads ?? 0);
        DecoderModel? model = null;
        RoutedOptimizer? optimizer = null;
        QkClip? clip = null;
        try
        {
            model = new DecoderModel(DecoderConfigs.Create(config.Model, data.Tokenizer), config.Train.Seed, team)
            {
                RecomputesBlocks = config.Train.Recompute,
            };
            optimizer = new RoutedOptimizer(
                model.Parameters, OptimizerKinds.Routes(config.Optimizer), OptimizerKinds.StepOptions(config), team);
            clip = config.QkClip.EffectiveTau(config.Model) is { } tau ? new QkClip(model.AttentionHeads, tau) : null;
            TrainingParts parts = new(config, data, team, model, optimizer, clip, options.Time);
            parts.Step.Profile = options.Profile ? parts.Step.StartProfile() : null;
            return parts;
        }
        catch
        {
            clip?.Dispose();
            optimizer?.Dispose();
            model?.Dispose();
            team.Dispose();
            throw;
        }
    }

    /// <summary>What a banner tells about them.</summary>
    public TrainerDescription Describe() => new()
    {
        Data = Data.Source,
        Tokenizer = Data.Tokenizer.Kind,
        Vocabulary = Data.Tokenizer.VocabularySize,
        ModelVocabulary = Model.Config.Vocabulary,
        Model = Model.Config,
        TrainingTokens = Data.Training.Length,
        ValidationTokens = Data.Validation.Length,
        TokensPerStep = Config.TokensPerStep,
        Parameters = Model.Parameters.ElementCount,
        Shares =
        [
            .. Optimizer.Plan.Groups.Select(group => new OptimizerShare(
                group.Options.OptimizerName,
                group.Parameters.Count,
                group.Parameters.Sum(parameter => (long)parameter.Length),
                group.Options.LearningRate.Range.Greatest)),
        ],
        Plan = Optimizer.Plan.ToString(),
        GreatestRateFactor = ScheduleKinds.GreatestFactor(Config.Optimizer.Schedule, Config.Train.Steps),
        Advice = [.. LearningRateUnits.Check(Optimizer.Plan), .. UnusedKeys.Remarks(Config)],
        Memory = PlannedMemory.Of(
            Model.Parameters.Length, Model.Program(Config.Train.Batch, Config.Model.Context, training: true).MemoryPlan, Optimizer.Plan, Team.Threads),
        Threads = Team.Threads,
    };

    public void Dispose()
    {
        Clip?.Dispose();
        Optimizer.Dispose();
        Model.Dispose();
        Team.Dispose();
    }

    /// <summary>Whether no weight is infinite or not a number.</summary>
    public unsafe bool WeightsAreFinite() => Reductions.AllFinite(Team, Model.Parameters.Weights, Model.Parameters.Length);
}
