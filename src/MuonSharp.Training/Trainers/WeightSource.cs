using MuonSharp.Formats;
using MuonSharp.Nn;

namespace MuonSharp.Training;

/// <summary>The model whose weights a run begins with, of a run or one that is stored by itself: key <c>train.from</c>.</summary>
/// <remarks>Only the start needs it: a checkpoint of the new run has the weights, its folder the tokenizer and the model's settings.</remarks>
internal abstract class WeightSource : IDisposable
{
    private static readonly ConfigKey[] s_taken = [.. ModelSection.Keys, ConfigKeys.Find("data.tokenizer")!];
    private static readonly string[] s_free = ["model.dropout", "model.initialDeviation", "model.zeroProjections", "model.window", "model.windowsByLayer", "model.rotaryBase", "model.rotaryShare", "model.endOfText"];

    /// <summary>The file with its configuration, for the record where values came from.</summary>
    public abstract string ConfigPath { get; }

    /// <summary>SHA-256 of its weights, in lower-case hexadecimal.</summary>
    public abstract string Sha256 { get; }

    /// <summary>Its configuration, of which the model's keys and the tokenizer's count.</summary>
    public abstract TrainingConfig Config { get; }

    /// <summary>Its tokenizer, without which its weights mean nothing.</summary>
    public abstract ITokenizer Tokenizer { get; }

    /// <summary>One line for each checkpoint that was passed over.</summary>
    public virtual IReadOnlyList<string> Notices => [];

    /// <summary>Opens what a configuration names; null when it names nothing.</summary>
    /// <exception cref="InvalidFileException">There is no such run or model, or what it consists of is damaged.</exception>
    /// <exception cref="BadInputException">It has no checkpoint yet, or its weights are not those that the configuration names.</exception>
    public static WeightSource? Open(TrainingConfig config) => config.Train.From is not { } path ? null
        : StoredModel.IsOne(path) ? new SourceModel(path, config) : new SourceRun(path, config.Train.FromSha256);

    /// <summary>The configuration with everything that its source says: the weights' hash, the tokenizer's kind, and what is not set of the model.</summary>
    /// <param name="config">A configuration; one without a source stays as it is.</param>
    /// <param name="notices">Receives a line for each checkpoint that was passed over.</param>
    /// <exception cref="ConfigurationException">A key is set that does not fit the source's weights; all are named.</exception>
    public static TrainingConfig Complete(TrainingConfig config, ICollection<string>? notices = null)
    {
        using WeightSource? source = Open(config);
        foreach (string notice in source?.Notices ?? [])
        {
            notices?.Add(notice);
        }

        return source?.Merge(config) ?? config;
    }

    /// <summary>The same of a run that is open.</summary>
    public TrainingConfig Merge(TrainingConfig config)
    {
        ConfigOrigin here = new(ConfigSource.File, ConfigPath);
        Dictionary<ConfigKey, ConfigOrigin> origins = ConfigKeys.All.ToDictionary(key => key, config.OriginOf);
        List<string> problems = [];
        TrainingConfig merged = config with { Train = config.Train with { FromSha256 = Sha256 } };
        origins[ConfigKeys.Find("train.fromSha256")!] = here;
        foreach (ConfigKey key in s_taken.Where(key => !key.Same(config, Config)))
        {
            if (origins[key].Source is ConfigSource.Default or ConfigSource.Preset or ConfigSource.Reference)
            {
                (merged, origins[key]) = (key.Copy(Config, merged), here);
            }
            else if (!IsFree(key))
            {
                problems.Add($"[config] {key.Name} must be that of train.from, {key.Text(Config)}, or not be set; {key.Text(config)} came");
            }
        }

        problems.AddRange(problems.Count == 0 ? merged.Validate() : []);
        return problems.Count == 0 ? merged with { Recorded = new(merged, origins) } : throw new ConfigurationException(problems);
    }

    /// <summary>Reads its weights into a model's.</summary>
    /// <returns>What a banner says about it.</returns>
    public abstract string Load(LanguageModel model);

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Keys that leave the weights what they are. Rotary positions go as far as one likes, learned ones as far as their table.</summary>
    private bool IsFree(ConfigKey key) => s_free.Contains(key.Name) || key.Name.StartsWith("model.rotaryScaling.", StringComparison.Ordinal) || (key.Name == "model.context" && Config.Model.Positions == "rotary");
}

/// <summary>A run's checkpoint as what another run begins with.</summary>
internal sealed class SourceRun : WeightSource
{
    private readonly string _path;
    private readonly RunFolder _folder;
    private readonly LoadedCheckpoint _checkpoint;

    public SourceRun(string path, string? sha256)
    {
        _path = path;
        _checkpoint = SourceCheckpoint.Open(path, sha256, out IReadOnlyList<string> notices);
        try
        {
            _folder = SourceCheckpoint.RunOf(path);
            Notices = notices;
            Config = _folder.ReadConfig();
            new ConfiguredRun(Config).CheckOwn(_checkpoint);
            Tokenizer = StoredTokenizer.Read(_checkpoint, _folder.TokenizerPath).Tokenizer;
        }
        catch
        {
            _checkpoint.Dispose();
            throw;
        }
    }

    public override TrainingConfig Config { get; }

    public override string ConfigPath => _folder.ConfigPath;

    public override string Sha256 => _checkpoint.ModelSha256;

    public override ITokenizer Tokenizer { get; }

    public override IReadOnlyList<string> Notices { get; }

    public override string Load(LanguageModel model)
    {
        WeightFile.Read(_checkpoint.Model, model.Parameters);
        return $"from {_path}, step {_checkpoint.Step} (sha256 {_checkpoint.ModelSha256[..12]}...)";
    }

    public override void Dispose() => _checkpoint.Dispose();
}

/// <summary>A stored model as what a run begins with.</summary>
internal sealed class SourceModel : WeightSource
{
    private readonly StoredModel _stored;

    public SourceModel(string path, TrainingConfig config)
    {
        _stored = StoredModel.Open(path);
        bool named = config.OriginOf(ConfigKeys.Find("data.tokenizer")!).Source is not (ConfigSource.Default or ConfigSource.Preset or ConfigSource.Reference);
        if (!_stored.HasTokenizer && named)
        {
            _stored.UseTokenizer(config.Data.Tokenizer);
        }

        string? sha256 = config.Train.FromSha256;
        (Config, Tokenizer, Sha256) = (_stored.Settings(), _stored.Tokenizer, _stored.HashOfWeights());
        if (sha256 is not null && sha256 != Sha256)
        {
            throw new BadInputException($"[weights] {path}: the weights must be those that train.fromSha256 names, {sha256}; {Sha256} came");
        }
    }

    public override TrainingConfig Config { get; }

    public override string ConfigPath => _stored.ConfigPath;

    public override string Sha256 { get; }

    public override ITokenizer Tokenizer { get; }

    public override string Load(LanguageModel model)
    {
        _stored.ReadWeights(model);
        return $"from {_stored.Path} (sha256 {Sha256[..12]}...)";
    }

    public override void Dispose()
    {
    }
}
