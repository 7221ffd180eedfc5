using System.Runtime.InteropServices;
using System.Security.Cryptography;
using MuonSharp.Formats;
using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>A network that says which class an image is of, on images with their classes.</summary>
/// <remarks>
/// <para>Images are drawn in shuffled epochs and augmented by (seed, epoch, index): a resumed run sees what one that never stopped would have seen.</para>
/// <para>Evaluates to <c>val_loss</c>, the mean cross-entropy over the held-out images, <c>accuracy</c>, and with several views <c>accuracy_views</c>, that of the mean of
/// the views' logits. <see cref="Details"/> says what the network takes for what.</para>
/// </remarks>
public sealed class ImageTask : ITrainingTask
{
    private readonly Model _model;
    private readonly ImageSet _data;
    private readonly ImageTaskOptions _options;
    private readonly ImageAugmentation _augmentation;
    private readonly EpochOrder _order;
    private readonly ImageProgram _training;
    private readonly ImageEvaluator? _evaluator;
    private TaskProfile? _profile;

    /// <summary>The task of a network.</summary>
    /// <param name="model">The parameters of the network; not owned, unless the task made it.</param>
    /// <param name="training">What to train on.</param>
    /// <param name="network">Records the network: from images, channels last, to a row of logits for each. It is called once for each size of a batch.</param>
    /// <param name="heldOut">What to evaluate on; null: nothing is evaluated.</param>
    /// <param name="options">Batch, seed, augmentation; null: the defaults.</param>
    /// <exception cref="ArgumentException">Images, network and options do not fit together.</exception>
    public ImageTask(Model model, ImageSet training, Func<Tape, Tensor, Tensor> network, ImageSet? heldOut = null, ImageTaskOptions? options = null)
    {
        _options = options ?? new();
        if (_options.Problems(training.Shape).FirstOrDefault() is { } problem)
        {
            throw new ArgumentException(problem);
        }

        if (training.Count == 0 || heldOut is not null && (heldOut.Shape != training.Shape || heldOut.Classes.Length != training.Classes.Length))
        {
            throw new ArgumentException($"[images] held-out images are like those to train on; {training.Count} of {training.Shape} in {training.Classes.Length} classes and {heldOut?.Count} of {heldOut?.Shape} in {heldOut?.Classes.Length} came");
        }

        (_model, _data, HeldOut) = (model, training, heldOut);
        Normalization = _options.Normalization ?? ImageNormalization.Of(training);
        _augmentation = new ImageAugmentation(_options.Flip, _options.Shift, _options.Seed);
        _order = new EpochOrder(training.Count, _options.Seed, "images/order");
        _training = new ImageProgram(model, network, training.Shape, training.Classes.Length, _options.Batch, _options.LabelSmoothing, training: true);
        _evaluator = heldOut is null ? null : new ImageEvaluator(model, network, heldOut, Normalization, _options.EvaluationBatch);
        DataIdentity = $"images, seed {_options.Seed}, {Hash(training)}{(heldOut is null ? "" : ", held out " + Hash(heldOut))}";
        Files = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal) { [ImageModelFile.Name] = ImageModelFile.ToBytes(Normalization, training.Classes) };
    }

    /// <summary>The images to train on.</summary>
    public ImageSet Training => _data;

    /// <summary>The images that are held out; null where there are none.</summary>
    public ImageSet? HeldOut { get; }

    /// <summary>What the network sees of a byte.</summary>
    public ImageNormalization Normalization { get; }

    /// <summary>What the last evaluation found, class by class; null before the first.</summary>
    public ImageEvaluation? Details => _evaluator?.Details;

    /// <summary>What messages call the images.</summary>
    public string Source => _options.Source;

    /// <inheritdoc/>
    public ParameterStore Parameters => _model.Parameters;

    /// <inheritdoc/>
    public WorkerTeam Team => _model.Team;

    /// <inheritdoc/>
    public string Kind => "images";

    /// <inheritdoc/>
    public string Unit => "images";

    /// <inheritdoc/>
    public long UnitsPerMicroBatch => _options.Batch;

    /// <inheritdoc/>
    public IReadOnlyList<(string Name, string Value)> Facts =>
    [
        ("data", FormattableString.Invariant($"{Source}: {_data.Count:N0} images of {_data.Shape} in {_data.Classes.Length} classes{(ImageFiles.AreNumbers(_data.Classes) ? "" : $" ({JoinedText.List(_data.Classes)})")} to train on, {HeldOut?.Count ?? 0:N0} held out")),
        .. _options.LeftOut is { Count: > 0 } files ? [("left out", FormattableString.Invariant($"{files.Count:N0} that {(files.Count == 1 ? "is" : "are")} no PNG or JPEG by name: {JoinedText.List(files)}"))] : Array.Empty<(string, string)>(),
    ];

    /// <inheritdoc/>
    public IReadOnlyList<string> Advice(long unitsPerStep, long steps) => unitsPerStep <= _data.Count ? []
        : [FormattableString.Invariant($"[data] a step takes {unitsPerStep:N0} images and there are {_data.Count:N0} to train on: with a smaller train.batch as many epochs are more steps")];

    /// <inheritdoc/>
    public string DataIdentity { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Files { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> EvaluationFiles => Details is null ? NoFiles.Instance
        : new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal) { [ImageEvaluation.FileName] = Details.ToBytes(HeldOut!, FirstFilters.Of(_model.Parameters, _data.Shape.Channels)) };

    /// <inheritdoc/>
    public MemoryPlan MemoryPlan => _training.MemoryPlan;

    /// <inheritdoc/>
    public double? FlopsPerMicroBatch => _training.Flops;

    /// <summary>What is freed with the task: the model and its workers where the task was made of a configuration.</summary>
    internal IDisposable? Owned { get; init; }

    /// <summary>The same with the file that the run's checkpoints were written with.</summary>
    internal ImageTask Keeping(byte[] file)
    {
        Files = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal) { [ImageModelFile.Name] = file };
        return this;
    }

    /// <inheritdoc/>
    public IReadOnlyList<Memory<long>> StepCounts => _model.StepCounts;

    /// <inheritdoc/>
    public IReadOnlyList<IRunStatistics> RunStatistics => _model.RunStatistics;

    /// <inheritdoc/>
    public void AfterStep(bool skipped) => _model.AfterStep(skipped);

    /// <inheritdoc/>
    public double Run(long step, int microBatch, float gradientScale) => Run(step, microBatch, gradientScale, gradientFinal: null);

    /// <inheritdoc/>
    public double Run(long step, int microBatch, float gradientScale, Action<Parameter>? gradientFinal)
    {
        long start = TaskProfile.Now(_profile);
        for (int row = 0; row < _options.Batch; row++)
        {
            (long epoch, int index) = Drawn(step, microBatch, gradientScale, row);
            _training.Fill(row, _data[index], _augmentation.View(epoch, index), Normalization, _data.Labels[index]);
        }

        _profile?.AddData(start);
        return _training.Train((ulong)step, (uint)(microBatch * _options.Batch), _options.SumsLoss ? _options.Batch : gradientScale, gradientFinal);
    }

    /// <summary>The epoch and the number of the image in a row of a micro-batch.</summary>
    internal (long Epoch, int Index) Drawn(long step, int microBatch, float gradientScale, int row)
    {
        int images = _data.Count;
        if (_options.DropLast)
        {
            long ofStep = EpochOrder.FirstDraw(2, 0, gradientScale, _options.Batch);
            images -= (int)(images % ofStep);
            _ = images > 0 ? 0 : throw new ArgumentException($"[images] an epoch without its last images must have a whole step of {ofStep}; {_data.Count} images came");
        }

        (long epoch, long place) = Math.DivRem(EpochOrder.FirstDraw(step, microBatch, gradientScale, _options.Batch) + row, images);
        return (epoch, _order.At(epoch, (int)place));
    }

    /// <inheritdoc/>
    public Evaluation? Evaluate(CancellationToken cancellation) => Evaluate(long.MaxValue, cancellation);

    /// <inheritdoc/>
    public Evaluation? Evaluate(long step, CancellationToken cancellation) => PartsOfEvaluation(step)?.Measure(cancellation);

    /// <inheritdoc/>
    public EvaluationParts? PartsOfEvaluation(long step) => _evaluator?.Parts(step >= _options.ViewsFromStep ? _options.Views : 1);

    /// <inheritdoc/>
    public TaskProfile StartProfile() => _profile = new TaskProfile(_training.StartProfile());

    /// <summary>Frees the tapes.</summary>
    public void Dispose()
    {
        _training.Dispose();
        _evaluator?.Dispose();
        Owned?.Dispose();
    }

    /// <summary>SHA-256 of a set's images, classes and sizes, in hexadecimal.</summary>
    internal static string Hash(ImageSet set)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        int[] shape = [set.Count, set.Shape.Channels, set.Shape.Height, set.Shape.Width, set.Classes.Length];
        hash.AppendData(MemoryMarshal.AsBytes(shape.AsSpan()));
        hash.AppendData(set.Pixels);
        hash.AppendData(MemoryMarshal.AsBytes(set.Labels));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
