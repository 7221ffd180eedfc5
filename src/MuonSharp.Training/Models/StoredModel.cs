using System.Security.Cryptography;
using System.Text;
using MuonSharp.Formats;
using MuonSharp.Nn;

namespace MuonSharp.Training;

/// <summary>A language model in a folder as Hugging Face's libraries have it, with its tokenizer: what stands where a run would.</summary>
internal sealed class StoredModel
{
    private const string Operation = "model";

    private ITokenizer? _tokenizer;

    public StoredModel(string folder)
    {
        Folder = folder;
        Model = ModelDirectory.ReadConfig(folder);
    }

    public string Folder { get; }

    public string ConfigPath => Path.Combine(Folder, ModelDirectory.ConfigName);

    public string TokenizerPath => Path.Combine(Folder, TokenizerFile.Name);

    public LanguageModelConfig Model { get; }

    /// <summary>The tokenizer beside the weights, read at the first request.</summary>
    /// <exception cref="InvalidFileException">There is none, or one that cannot be used.</exception>
    /// <exception cref="BadInputException">It has more tokens than the model.</exception>
    public ITokenizer Tokenizer => _tokenizer ??= ReadTokenizer();

    /// <summary>A configuration whose <c>model.*</c> keys and tokenizer are the model's.</summary>
    /// <exception cref="InvalidFileException">The keys cannot say what the model is.</exception>
    public TrainingConfig Settings()
    {
        List<string> problems = [];
        ModelSection? section = LanguageModelConfigs.Of(Model, problems);
        string kind = Tokenizer.Kind;
        return section is null
            ? throw new InvalidFileException(Operation, ConfigPath, string.Join("; ", problems))
            : new TrainingConfig { Model = section, Data = new DataSection { Tokenizer = TokenizerKinds.Names.Contains(kind, StringComparer.Ordinal) ? kind : Path.GetFullPath(TokenizerPath) } };
    }

    /// <summary>Reads the weights into a model of this configuration.</summary>
    /// <exception cref="InvalidFileException">They cannot be read, or are others.</exception>
    public void ReadWeights(LanguageModel model)
    {
        using SafetensorsFolder weights = SafetensorsFolder.Open(Folder);
        model.Tensors.Read(weights, model.Parameters);
    }

    /// <summary>SHA-256 of the one file of weights; of several that of their names and hashes. In lower-case hexadecimal.</summary>
    /// <exception cref="InvalidFileException">A file cannot be read.</exception>
    public string HashOfWeights()
    {
        using SafetensorsFolder weights = SafetensorsFolder.Open(Folder);
        (string Name, string Hash)[] files = [.. weights.Files.Order(StringComparer.Ordinal).Select(path => (Path.GetFileName(path), Hash(path)))];
        return files.Length == 1 ? files[0].Hash
            : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(files.Select(file => $"{file.Hash}  {file.Name}\n")))));
    }

    private ITokenizer ReadTokenizer()
    {
        ITokenizer tokenizer = TokenizerFile.Load(TokenizerPath);
        return tokenizer.VocabularySize <= Model.Vocabulary ? tokenizer
            : throw new BadInputException($"[{Operation}] {TokenizerPath}: the model must know all tokens of its tokenizer; it knows {Model.Vocabulary} of {tokenizer.VocabularySize}");
    }

    private static string Hash(string path)
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
}
