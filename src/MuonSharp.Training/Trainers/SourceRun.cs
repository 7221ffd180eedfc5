using MuonSharp.Formats;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>The run whose weights another run begins with: key <c>train.from</c>.</summary>
/// <remarks>Only the start needs it: a checkpoint of the new run has the weights, its folder the tokenizer and the model's settings.</remarks>
internal sealed class SourceRun : IDisposable
{
    private static readonly ConfigKey[] s_taken = [.. ModelSection.Keys, ConfigKeys.Find("data.tokenizer")!];
    private static readonly string[] s_free = ["model.dropout", "model.initialDeviation", "model.window", "model.rotaryBase"];

    private readonly string _path;
    private readonly RunFolder _folder;
    private readonly LoadedCheckpoint _checkpoint;

    private SourceRun(string path, string? sha256)
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

    /// <summary>Its configuration.</summary>
    public TrainingConfig Config { get; }

    /// <summary>Its tokenizer, without which its weights mean nothing.</summary>
    public ITokenizer Tokenizer { get; }

    /// <summary>One line for each checkpoint that was passed over.</summary>
    public IReadOnlyList<string> Notices { get; }

    /// <summary>Opens the run that a configuration names; null when it names none.</summary>
    /// <exception cref="InvalidFileException">There is no such run, or what it consists of is damaged.</exception>
    /// <exception cref="BadInputException">It has no checkpoint yet, or its weights are not those that the configuration names.</exception>
    public static SourceRun? Open(TrainingConfig config) => config.Train.From is { } path ? new(path, config.Train.FromSha256) : null;

    /// <summary>The configuration with everything that its source says: the weights' hash, the tokenizer's kind, and what is not set of the model.</summary>
    /// <param name="config">A configuration; one without a source stays as it is.</param>
    /// <param name="notices">Receives a line for each checkpoint that was passed over.</param>
    /// <exception cref="ConfigurationException">A key is set that does not fit the source's weights; all are named.</exception>
    public static TrainingConfig Complete(TrainingConfig config, ICollection<string>? notices = null)
    {
        using SourceRun? source = Open(config);
        foreach (string notice in source?.Notices ?? [])
        {
            notices?.Add(notice);
        }

        return source?.Merge(config) ?? config;
    }

    /// <summary>The same of a run that is open.</summary>
    public TrainingConfig Merge(TrainingConfig config)
    {
        ConfigOrigin here = new(ConfigSource.File, _folder.ConfigPath);
        Dictionary<ConfigKey, ConfigOrigin> origins = ConfigKeys.All.ToDictionary(key => key, config.OriginOf);
        List<string> problems = [];
        TrainingConfig merged = config with { Train = config.Train with { FromSha256 = _checkpoint.ModelSha256 } };
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
    public string Load(ParameterStore parameters)
    {
        WeightFile.Read(_checkpoint.Model, parameters);
        return $"from {_path}, step {_checkpoint.Step} (sha256 {_checkpoint.ModelSha256[..12]}...)";
    }

    public void Dispose() => _checkpoint.Dispose();

    /// <summary>Keys that leave the weights what they are. Rotary positions go as far as one likes, learned ones as far as their table.</summary>
    private bool IsFree(ConfigKey key) => s_free.Contains(key.Name) || (key.Name == "model.context" && Config.Model.Positions == "rotary");
}
