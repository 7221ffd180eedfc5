using MuonSharp.Formats;
using MuonSharp.Nn;
using MuonSharp.Numerics;

namespace MuonSharp.Training;

/// <summary>A model for inference, of a checkpoint of a run or stored in a folder: configuration, tokenizer and weights.</summary>
internal sealed class RunModel : IDisposable
{
    private readonly WorkerTeam _team;

    private RunModel(TrainingConfig config, ITokenizer tokenizer, WorkerTeam team, LanguageModel model, LoadedCheckpoint? checkpoint)
    {
        (Config, Tokenizer, _team, Model) = (config, tokenizer, team, model);
        (Step, DataSha256) = (checkpoint?.Step, checkpoint is null ? null : RunState.DataSha256(checkpoint.State));
    }

    public TrainingConfig Config { get; }

    public ITokenizer Tokenizer { get; }

    public LanguageModel Model { get; }

    /// <summary>The tokens at which its texts end.</summary>
    public IReadOnlyList<int> EndOfText => EndTokens.Of(Config.Model, Tokenizer);

    /// <summary>Steps that a run has trained it for; null for one that is stored by itself.</summary>
    public long? Step { get; }

    /// <summary>Hash of the text that the run was trained on.</summary>
    public string? DataSha256 { get; }

    /// <summary>What is to be said of the checkpoint in use: which were passed over for it, and whether another is much better.</summary>
    public IReadOnlyList<string> Notices { get; private init; } = [];

    /// <summary>Opens a run.</summary>
    /// <exception cref="InvalidFileException">The folder holds no run, or all of its checkpoints are damaged.</exception>
    /// <exception cref="BadInputException">The run's files do not fit each other, or there is no checkpoint yet.</exception>
    public static RunModel Open(string runFolder, int threads, CheckpointChoice choice)
    {
        RunFolder folder = new(runFolder);
        TrainingConfig config = folder.ReadConfig();
        if (config.Image.Network is { } network)
        {
            throw new BadInputException($"[run] {runFolder}: the run must be one of a language model; it is one of images, {network}");
        }

        using LoadedCheckpoint checkpoint = folder.OpenCheckpoint(choice, out IReadOnlyList<string> notices);
        new ConfiguredRun(config).CheckOwn(checkpoint);
        ITokenizer tokenizer = StoredTokenizer.Read(checkpoint, folder.TokenizerPath).Tokenizer;
        WorkerTeam team = new(threads);
        LanguageModel? model = null;
        try
        {
            model = new LanguageModel(LanguageModelConfigs.Create(config.Model, tokenizer), config.Train.Seed, team, gradients: false, drawn: false);
            WeightFile.Read(checkpoint.Model, model.Parameters);
            return new RunModel(folder.WithCopies(config, config), tokenizer, team, model, checkpoint) { Notices = notices };
        }
        catch
        {
            model?.Dispose();
            team.Dispose();
            throw;
        }
    }

    /// <summary>Opens a model that is stored by itself: a folder or a GGUF file.</summary>
    /// <exception cref="InvalidFileException">It is no model that can be computed here, or has no tokenizer.</exception>
    /// <exception cref="BadInputException">The tokenizer that is named is none, or has more tokens than the model.</exception>
    public static RunModel OpenStored(string path, int threads, string? otherTokenizer = null)
    {
        StoredModel stored = StoredModel.Open(path);
        if (otherTokenizer is not null)
        {
            stored.UseTokenizer(otherTokenizer);
        }

        TrainingConfig config = stored.Settings();
        ITokenizer tokenizer = stored.Tokenizer;
        WorkerTeam team = new(threads);
        try
        {
            return new RunModel(config, tokenizer, team, stored.Load(team), checkpoint: null);
        }
        catch
        {
            team.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Model.Dispose();
        _team.Dispose();
    }
}
