using System.Security.Cryptography;
using System.Text;
using MuonSharp.Formats;
using MuonSharp.Nn;
using MuonSharp.Numerics;

namespace MuonSharp.Training;

/// <summary>A language model that is stored by itself, with its tokenizer: what stands where a run would.</summary>
internal abstract class StoredModel
{
    private protected const string Operation = "model";

    private ITokenizer? _tokenizer;
    private string? _tokenizerName;

    private protected StoredModel(string path, LanguageModelConfig model) => (Path, Model) = (path, model);

    /// <summary>The folder or the file.</summary>
    public string Path { get; }

    /// <summary>The file that says what the model is.</summary>
    public abstract string ConfigPath { get; }

    /// <summary>The file with its tokenizer.</summary>
    public abstract string TokenizerPath { get; }

    /// <summary>Whether there is a tokenizer.</summary>
    public abstract bool HasTokenizer { get; }

    public LanguageModelConfig Model { get; }

    /// <summary>The tokenizer beside the weights, read at the first request.</summary>
    /// <exception cref="InvalidFileException">There is none, or one that cannot be used.</exception>
    /// <exception cref="BadInputException">It has more tokens than the model.</exception>
    public ITokenizer Tokenizer => _tokenizer ??= Fitting(ReadTokenizer(), TokenizerPath);

    /// <summary>Takes a tokenizer from elsewhere, for a model that has none or one that is not wanted.</summary>
    /// <param name="name">A name or a path, as <see cref="TokenizerKinds.Open"/> has them.</param>
    /// <exception cref="BadInputException">There is no such tokenizer, or it has more tokens than the model.</exception>
    public void UseTokenizer(string name) => (_tokenizer, _tokenizerName) = (Fitting(TokenizerKinds.Open(name), name), name);

    /// <summary>Opens a folder as Hugging Face's libraries have it, or a GGUF file.</summary>
    /// <exception cref="InvalidFileException">It is no model that can be computed here.</exception>
    public static StoredModel Open(string path) => IsFile(path) ? new StoredFile(path)
        : !IsOne(path) && new RunFolder(path) is { HoldsRun: true } run && Directory.Exists(run.CheckpointsPath)
            ? throw new InvalidFileException(Operation, path, "a stored model is needed; this is a run, which --run takes, and of which export makes a stored model")
            : new StoredFolder(path);

    /// <summary>Whether a path is a stored model, and no run: a run's path may be a file too, the one that names its best checkpoint.</summary>
    public static bool IsOne(string path) => GgufTokenizer.IsNameOfFile(path) || GgufFile.IsOne(path) || ModelDirectory.IsOne(path);

    /// <summary>A configuration whose <c>model.*</c> keys and tokenizer are the model's.</summary>
    /// <exception cref="InvalidFileException">The keys cannot say what the model is.</exception>
    public TrainingConfig Settings()
    {
        List<string> problems = [];
        ModelSection? section = LanguageModelConfigs.Of(Model, problems);
        string kind = Tokenizer.Kind;
        section = section is not null && ReadEndOfText() is { Length: > 0 } ends && !ends.SequenceEqual(EndTokens.Of(Tokenizer)) ? section with { EndOfText = string.Join(',', ends) } : section;
        return section is null
            ? throw new InvalidFileException(Operation, ConfigPath, string.Join("; ", problems))
            : new TrainingConfig { Model = section, Data = new DataSection { Tokenizer = _tokenizerName ?? (TokenizerKinds.Names.Contains(kind, StringComparer.Ordinal) ? kind : System.IO.Path.GetFullPath(TokenizerPath)) } };
    }

    /// <summary>Makes the model for inference.</summary>
    /// <exception cref="InvalidFileException">The weights cannot be read, or are others.</exception>
    public abstract LanguageModel Load(WorkerTeam team);

    /// <summary>Reads the weights into a model of this configuration.</summary>
    /// <exception cref="InvalidFileException">They cannot be read, or are others.</exception>
    public abstract void ReadWeights(LanguageModel model);

    /// <summary>SHA-256 of the one file of weights; of several that of their names and hashes. In lower-case hexadecimal.</summary>
    /// <exception cref="InvalidFileException">A file cannot be read.</exception>
    public abstract string HashOfWeights();

    private protected abstract ITokenizer ReadTokenizer();

    private protected abstract int[]? ReadEndOfText();

    private protected static string Hash(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return Convert.ToHexStringLower(SHA256.HashData(file));
        }
        catch (Exception exception) when (InvalidFileException.IsUnreadable(exception))
        {
            throw InvalidFileException.Unreadable(Operation, path, exception);
        }
    }

    private static bool IsFile(string path) => File.Exists(path) || GgufTokenizer.IsNameOfFile(path);

    private ITokenizer Fitting(ITokenizer tokenizer, string name) => tokenizer.VocabularySize <= Model.Vocabulary ? tokenizer
        : throw new BadInputException($"[{Operation}] {name}: the model must know all tokens of its tokenizer; it knows {Model.Vocabulary} of {tokenizer.VocabularySize}");
}

/// <summary>A folder as Hugging Face's libraries have it.</summary>
internal sealed class StoredFolder(string folder) : StoredModel(folder, ModelDirectory.ReadConfig(folder))
{
    /// <summary>Files of tokenizers that other libraries read and this one does not.</summary>
    private static readonly string[] s_otherTokenizers = ["tokenizer.model", "vocab.json"];

    public override string ConfigPath => System.IO.Path.Combine(Path, ModelDirectory.ConfigName);

    public override string TokenizerPath => System.IO.Path.Combine(Path, TokenizerFile.Name);

    public override bool HasTokenizer => File.Exists(TokenizerPath);

    public override LanguageModel Load(WorkerTeam team) => ModelDirectory.Load(Path, team);

    public override void ReadWeights(LanguageModel model)
    {
        using SafetensorsFolder weights = SafetensorsFolder.Open(Path);
        model.Tensors.Read(weights, model.Parameters);
    }

    public override string HashOfWeights()
    {
        using SafetensorsFolder weights = SafetensorsFolder.Open(Path);
        (string Name, string Hash)[] files = [.. weights.Files.Order(StringComparer.Ordinal).Select(path => (System.IO.Path.GetFileName(path), Hash(path)))];
        return files.Length == 1 ? files[0].Hash
            : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(files.Select(file => $"{file.Hash}  {file.Name}\n")))));
    }

    private protected override ITokenizer ReadTokenizer()
    {
        if (HasTokenizer)
        {
            return TokenizerFile.Load(TokenizerPath);
        }

        string other = s_otherTokenizers.FirstOrDefault(name => File.Exists(System.IO.Path.Combine(Path, name))) is { } found ? $"{found} is there, of which transformers' AutoTokenizer makes one (save_pretrained); " : "";
        throw new InvalidFileException("tokenizer", TokenizerPath, $"there is no such file; {other}train --from, generate and evaluate take another with --tokenizer");
    }

    private protected override int[]? ReadEndOfText() => EndTokens.Read(Path, Model.Vocabulary);
}

/// <summary>A GGUF file, opened whenever something of it is needed.</summary>
internal sealed class StoredFile : StoredModel
{
    private readonly GgufMetadata _metadata;

    public StoredFile(string path)
        : base(path, Read(path, out GgufMetadata metadata)) => _metadata = metadata;

    public override string ConfigPath => Path;

    public override string TokenizerPath => Path;

    public override bool HasTokenizer => GgufTokenizer.IsIn(_metadata);

    public override LanguageModel Load(WorkerTeam team)
    {
        using GgufFile file = GgufFile.Open(Path);
        return GgufModel.Load(file, team);
    }

    public override void ReadWeights(LanguageModel model)
    {
        using GgufFile file = GgufFile.Open(Path);
        GgufModel.ReadWeights(file, model);
    }

    public override string HashOfWeights() => Hash(Path);

    private protected override ITokenizer ReadTokenizer() => GgufTokenizer.Read(_metadata);

    private protected override int[]? ReadEndOfText() => EndTokens.Read(_metadata, Model.Vocabulary);

    private static LanguageModelConfig Read(string path, out GgufMetadata metadata)
    {
        using GgufFile file = GgufFile.Open(path);
        metadata = file.Metadata;
        return GgufModel.ReadConfig(file);
    }
}
