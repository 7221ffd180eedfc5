using System.Globalization;
using MuonSharp.Formats;

namespace MuonSharp.Optimizers;

/// <summary>An optimizer's state as a safetensors file: written and read by name, checked as a whole before anything changes.</summary>
public static unsafe class OptimizerState
{
    private const string Operation = "optimizer state";
    private const string CounterPrefix = "counter/";

    /// <summary>The state tensors as a file's tensors: views of the optimizer's own memory.</summary>
    /// <param name="optimizer">The optimizer; it outlives the views.</param>
    public static IReadOnlyList<NamedTensor> Tensors(IOptimizer optimizer) => Tensors(optimizer.StateTensors);

    /// <summary>State tensors of several owners, such as an optimizer and a <see cref="QkClip"/>, as one file's tensors: views.</summary>
    /// <param name="tensors">The state; its owners outlive the views.</param>
    public static IReadOnlyList<NamedTensor> Tensors(IReadOnlyList<StateTensor> tensors) =>
        [.. tensors.Select(static tensor => new NamedTensor(tensor.Name, LongShape(tensor), tensor.Memory.Address, tensor.Memory.Length))];

    /// <summary>Writes tensors and counters to one file.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="WriteFailedException">The file cannot be written.</exception>
    public static void Save(IOptimizer optimizer, string path)
    {
        var metadata = optimizer.SaveCounters().ToDictionary(
            counter => CounterPrefix + counter.Key, counter => counter.Value.ToString(CultureInfo.InvariantCulture), StringComparer.Ordinal);
        SafetensorsWriter.Write(path, Tensors(optimizer), metadata);
    }

    /// <summary>Restores what <see cref="Save"/> wrote, into an optimizer over the same parameters.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidFileException">The file is damaged or is the state of another optimizer; nothing was changed.</exception>
    public static void Load(IOptimizer optimizer, string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        var counters = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach ((string key, string text) in file.Metadata)
        {
            if (key.StartsWith(CounterPrefix, StringComparison.Ordinal))
            {
                counters[key[CounterPrefix.Length..]] = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : -1;
            }
        }

        Check(optimizer.StateTensors, file);
        try
        {
            optimizer.LoadCounters(counters);
        }
        catch (OptimizerOptionsException exception)
        {
            throw new InvalidFileException(Operation, path, string.Join("; ", exception.Problems), exception);
        }

        ReadTensors(optimizer.StateTensors, file);
    }

    /// <summary>Restores the tensors alone, for a checkpoint that keeps the counters elsewhere.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="file">A file whose tensors are exactly the optimizer's, by name and shape.</param>
    /// <exception cref="InvalidFileException">Tensors are missing, unknown or of another shape; all are named and nothing was changed.</exception>
    public static void LoadTensors(IOptimizer optimizer, SafetensorsFile file) => LoadTensors(optimizer.StateTensors, file);

    /// <summary>Restores the state of several owners from one file.</summary>
    /// <param name="tensors">All state that the file holds.</param>
    /// <param name="file">A file with exactly these tensors, by name and shape.</param>
    /// <exception cref="InvalidFileException">Tensors are missing, unknown or of another shape; all are named and nothing was changed.</exception>
    public static void LoadTensors(IReadOnlyList<StateTensor> tensors, SafetensorsFile file)
    {
        Check(tensors, file);
        ReadTensors(tensors, file);
    }

    private static void Check(IReadOnlyList<StateTensor> tensors, SafetensorsFile file)
    {
        var problems = new List<string>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (StateTensor tensor in tensors)
        {
            known.Add(tensor.Name);
            if (!file.TryGet(tensor.Name, out TensorEntry? entry))
            {
                problems.Add($"tensor '{tensor.Name}' is missing");
            }
            else if (entry.Type != TensorType.F32 || !entry.Shape.AsSpan().SequenceEqual(LongShape(tensor)))
            {
                problems.Add($"tensor '{tensor.Name}' must be F32 {Parameter.ShapeText(tensor.Shape)}, not {entry.Description}");
            }
        }

        problems.AddRange(file.Tensors.Where(entry => !known.Contains(entry.Name)).Select(static entry => $"tensor '{entry.Name}' is not this optimizer's"));
        if (problems.Count > 0)
        {
            throw new InvalidFileException(Operation, file.Path, string.Join("; ", problems));
        }
    }

    private static void ReadTensors(IReadOnlyList<StateTensor> tensors, SafetensorsFile file)
    {
        foreach (StateTensor tensor in tensors)
        {
            if (tensor.Memory.Length == tensor.Length)
            {
                file.ReadFloats(tensor.Name, tensor.Memory.Span);
            }
            else if (!tensor.Memory.IsEmpty)
            {
                // The part that is this rank's.
                float[] whole = new float[tensor.Length];
                file.ReadFloats(tensor.Name, whole);
                whole.AsSpan(tensor.Start, tensor.Memory.Length).CopyTo(tensor.Memory.Span);
            }
        }
    }

    private static long[] LongShape(StateTensor tensor) => [.. tensor.Shape.Select(static size => (long)size)];
}
