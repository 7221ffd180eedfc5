using System.Collections.Immutable;

namespace MuonSharp.Formats;

/// <summary>The tensors of a folder: <c>model.safetensors</c>, or several files with <c>model.safetensors.index.json</c>.</summary>
/// <remarks>
/// <para>The index is trusted in nothing: it names files of the folder itself, each tensor must lie in the file that it says, and each file's tensors must be those that it names.
/// Each file's header is checked in full when the folder is opened; all files stay open.</para>
/// <para>Source of the index: the transformers library, "Big models" (sharded checkpoints).</para>
/// </remarks>
public sealed class SafetensorsFolder : ITensorSource
{
    /// <summary>Name of the one file.</summary>
    public const string FileName = "model.safetensors";

    /// <summary>Name of the index of several files.</summary>
    public const string IndexName = "model.safetensors.index.json";

    private const int MostFiles = 4096;

    private static readonly string[] s_endings = [".safetensors", ".bin", ".pt", ".pth", ".gguf", ".h5", ".msgpack"];

    private static readonly JsonOptions s_options = new() { Operation = SafetensorsFormat.Operation };

    private readonly List<SafetensorsFile> _files = [];
    private readonly Dictionary<string, SafetensorsFile> _byTensor = new(StringComparer.Ordinal);

    private SafetensorsFolder(string path) => Path = path;

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Names => _byTensor.Keys;

    /// <summary>Paths of the files that are open.</summary>
    public IReadOnlyList<string> Files => [.. _files.Select(file => file.Path)];

    /// <summary>Whether a folder has weights that can be opened.</summary>
    /// <param name="folder">The folder.</param>
    public static bool Exists(string folder) => File.Exists(System.IO.Path.Combine(folder, FileName)) || File.Exists(System.IO.Path.Combine(folder, IndexName));

    /// <summary>Opens the files of a folder and checks their headers.</summary>
    /// <param name="folder">The folder; where it has an index, the index says which files count.</param>
    /// <returns>The open files; dispose to close.</returns>
    /// <exception cref="InvalidFileException">There are no weights, or a file cannot be read or breaks a rule.</exception>
    public static SafetensorsFolder Open(string folder)
    {
        SafetensorsFolder opened = new(folder);
        try
        {
            string index = System.IO.Path.Combine(folder, IndexName);
            if (File.Exists(index))
            {
                opened.AddAll(index);
            }
            else if (!Exists(folder) && OtherWeights(folder) is { } other)
            {
                throw new InvalidFileException(SafetensorsFormat.Operation, folder, $"the weights must be {FileName}, or several files with {IndexName}; {OneLine.Short(other)} came");
            }
            else
            {
                opened.Add(System.IO.Path.Combine(folder, FileName));
            }

            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>The name of a file with weights of another kind or another name.</summary>
    private static string? OtherWeights(string folder) => !Directory.Exists(folder) ? null
        : Directory.EnumerateFiles(folder).Where(path => s_endings.Contains(System.IO.Path.GetExtension(path), StringComparer.OrdinalIgnoreCase)).Select(System.IO.Path.GetFileName).Order(StringComparer.Ordinal).FirstOrDefault();

    /// <inheritdoc/>
    public bool TryGetShape(string name, out ImmutableArray<long> shape)
    {
        shape = [];
        return _byTensor.TryGetValue(name, out SafetensorsFile? file) && file.TryGetShape(name, out shape);
    }

    /// <inheritdoc/>
    public void ReadFloats(string name, long start, Span<float> destination)
    {
        SafetensorsFile file = _byTensor.TryGetValue(name, out SafetensorsFile? found) ? found
            : throw new InvalidFileException(SafetensorsFormat.Operation, Path, $"there is no tensor {OneLine.Quote(name)}");
        file.ReadFloats(name, start, destination);
    }

    /// <summary>Closes the files.</summary>
    public void Dispose() => _files.ForEach(file => file.Dispose());

    private SafetensorsFile Add(string path)
    {
        var file = SafetensorsFile.Open(path);
        _files.Add(file);
        foreach (TensorEntry tensor in file.Tensors)
        {
            if (!_byTensor.TryAdd(tensor.Name, file))
            {
                throw new InvalidFileException(SafetensorsFormat.Operation, path, $"a tensor lies in one file; {OneLine.Quote(tensor.Name)} lies in {_byTensor[tensor.Name].Path} as well");
            }
        }

        return file;
    }

    private void AddAll(string index)
    {
        JsonEntry map = JsonFile.Read(index, s_options)["weight_map"];
        IReadOnlyList<JsonEntry> entries = map.Members();
        List<IGrouping<string, JsonEntry>> files = [.. entries.GroupBy(FileOf, StringComparer.Ordinal)];
        if (files.Count is 0 or > MostFiles)
        {
            throw map.Broken($"weight_map names 1 to {MostFiles} files; {files.Count} came");
        }

        foreach (IGrouping<string, JsonEntry> tensors in files)
        {
            SafetensorsFile file = Add(System.IO.Path.Combine(Path, tensors.Key));
            if (tensors.FirstOrDefault(entry => !file.TryGet(entry.Name, out _)) is { } missing)
            {
                throw missing.Broken($"the tensors of weight_map lie in the files that it names; {OneLine.Quote(missing.Name)} is not in {OneLine.Quote(tensors.Key)}");
            }

            HashSet<string> known = [.. tensors.Select(entry => entry.Name)];
            if (file.Tensors.FirstOrDefault(tensor => !known.Contains(tensor.Name)) is { } other)
            {
                throw map.Broken($"weight_map names every tensor of its files; {OneLine.Quote(other.Name)} of {OneLine.Quote(tensors.Key)} is missing");
            }
        }
    }

    private static string FileOf(JsonEntry entry)
    {
        string name = entry.TextNotEmpty();
        return System.IO.Path.GetFileName(name) == name && name is not ("." or "..") && !name.Contains('\\') && !name.Contains('\0')
            ? name
            : throw entry.Wrong("the name of a file beside the index");
    }
}
