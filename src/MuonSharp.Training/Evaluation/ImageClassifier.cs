using System.Collections.Immutable;
using MuonSharp.Formats;
using MuonSharp.Nn;
using MuonSharp.Numerics;

namespace MuonSharp.Training;

/// <summary>Says which class an image is of, by a run's network.</summary>
public sealed class ImageClassifier : IDisposable
{
    private readonly WorkerTeam _team;
    private readonly Model _model;
    private readonly ImageProgram _program;
    private readonly ImageNormalization _normalization;

    private ImageClassifier(WorkerTeam team, Model model, ImageProgram program, ImageNormalization normalization, ImmutableArray<string> classes, LoadedCheckpoint checkpoint) =>
        (_team, _model, _program, _normalization, Classes, Step) = (team, model, program, normalization, classes, checkpoint.Step);

    /// <summary>Names of the classes.</summary>
    public ImmutableArray<string> Classes { get; }

    /// <summary>Size of the images that the network reads.</summary>
    public ImageShape Shape => _normalization.Shape;

    /// <summary>Steps that the network was trained for.</summary>
    public long Step { get; }

    /// <summary>Whether images are scaled to the network's size, as those were that it was trained on.</summary>
    public bool Scales { get; private init; }

    /// <summary>What is to be said of the checkpoint in use, one line each.</summary>
    public IReadOnlyList<string> Notices { get; private init; } = [];

    /// <summary>Opens a run of a network of images.</summary>
    /// <param name="runFolder">The run folder.</param>
    /// <param name="threads">Threads that compute; 0: one per core.</param>
    /// <param name="checkpoint">Which checkpoint.</param>
    /// <exception cref="InvalidFileException">The folder holds no run, or all of its checkpoints are damaged.</exception>
    /// <exception cref="BadInputException">The run is one of a language model, its files do not fit each other, or there is no checkpoint yet.</exception>
    public static ImageClassifier FromRun(string runFolder, int threads = 0, CheckpointChoice checkpoint = default)
    {
        RunFolder folder = new(runFolder);
        TrainingConfig config = folder.ReadConfig();
        if (config.Image.Network is not { } name)
        {
            throw new BadInputException($"[classify] {runFolder}: the run must be one of images; it is one of a language model");
        }

        using LoadedCheckpoint loaded = folder.OpenCheckpoint(checkpoint, out IReadOnlyList<string> notices);
        new ConfiguredRun(config).CheckOwn(loaded);
        string path = Path.Combine(runFolder, ImageModelFile.Name);
        (ImageNormalization normalization, ImmutableArray<string> classes) = ImageModelFile.Parse(loaded.ReadRunFile(path), path);
        WorkerTeam team = new(threads);
        Model? model = null;
        try
        {
            ModelBuilder builder = new(config.Train.Seed);
            ImageNetwork network = ImageNetworks.Create(builder, name, normalization.Shape, classes.Length, config.Image.WidthNumbers);
            model = builder.Build(team, gradients: false, drawn: false);
            WeightFile.Read(loaded.Model, model.Parameters);
            return new(team, model, new ImageProgram(model, network.Layer.Record, normalization.Shape, classes.Length, rows: 1, labelSmoothing: 0, training: false), normalization, classes, loaded) { Notices = notices, Scales = config.Image.Size is not null };
        }
        catch
        {
            model?.Dispose();
            team.Dispose();
            throw;
        }
    }

    /// <summary>The probability of each class, in the order of <see cref="Classes"/>: the softmax of the mean of the views' logits.</summary>
    /// <param name="image">Shape <see cref="Shape"/>.</param>
    /// <param name="views">How many views are looked at, one of <see cref="ImageViews.Counts"/>.</param>
    /// <exception cref="ArgumentException">It has another size.</exception>
    /// <exception cref="BadInputException">The network is broken: what it says is not finite.</exception>
    public double[] Classify(ReadOnlySpan<byte> image, int views = 1)
    {
        if (image.Length != Shape.Length)
        {
            throw new ArgumentException($"[classify] an image has {Shape} values; {image.Length} came");
        }

        float[] logits = new float[Classes.Length];
        foreach ((ImageView view, float weight) in ImageViews.Of(views))
        {
            _program.Fill(0, image, view, _normalization, label: 0);
            _ = _program.Evaluate();
            for (int i = 0; i < logits.Length; i++)
            {
                logits[i] += weight * _program.Logits[i];
            }
        }

        if (!ImageEvaluation.HasAnswer(logits))
        {
            throw new BadInputException("[classify] the logits must be finite; what the network says is not: its weights are broken");
        }

        double[] probabilities = new double[logits.Length];
        ImageEvaluation.Probabilities(logits, probabilities);
        return probabilities;
    }

    /// <summary>Reads an image: a picture, or a record of a file of many: <c>FILE#N</c>, counted from 0, of an IDX or a CIFAR file; without a number the first.</summary>
    /// <param name="name">The file, and the record's number.</param>
    /// <param name="decoder">Reads PNG and JPEG files; null: they cannot be read.</param>
    /// <exception cref="InvalidFileException">The file cannot be read, is damaged, or holds images of another size, unless they are scaled.</exception>
    /// <exception cref="BadInputException">There is no such record.</exception>
    public byte[] Read(string name, IImageDecoder? decoder)
    {
        (byte[] pixels, ImageShape shape) = ImageRecords.Read(name, Classes.Length, decoder);
        if (shape.Channels == 3 && Shape.Channels == 1)
        {
            (pixels, shape) = (Grey(pixels), shape with { Channels = 1 });
        }

        if (Scales && shape.Channels == Shape.Channels)
        {
            (pixels, shape) = (ImageScaling.Square(pixels, shape, Shape.Height), Shape);
        }

        return shape == Shape ? pixels : throw new InvalidFileException("classify", name, $"the network reads images of {Shape}; {shape} came{(Scales ? "" : "; a run with image.size scales them")}");
    }

    /// <summary>Frees network and threads.</summary>
    public void Dispose()
    {
        _program.Dispose();
        _model.Dispose();
        _team.Dispose();
    }

    /// <summary>The brightness of colours, by the weights of Recommendation BT.601.</summary>
    private static byte[] Grey(byte[] pixels)
    {
        int plane = pixels.Length / 3;
        return [.. Enumerable.Range(0, plane).Select(i => (byte)(((299 * pixels[i]) + (587 * pixels[plane + i]) + (114 * pixels[(2 * plane) + i]) + 500) / 1000))];
    }
}
