using MuonSharp.Formats;
using MuonSharp.Nn;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>A network of images with its loss on a tape, for one size of batch.</summary>
internal sealed class ImageProgram : IDisposable
{
    private readonly Tape _tape;
    private readonly Tensor _pixels, _logits;
    private readonly TokenBuffer _classes;
    private readonly Loss _loss;
    private readonly int _length;

    /// <exception cref="ArgumentException">The network cannot read images of this size, does not make a row of logits of each, or not of so many classes.</exception>
    public ImageProgram(Model model, Func<Tape, Tensor, Tensor> network, ImageShape shape, int classes, int rows, double labelSmoothing, bool training)
    {
        (Rows, _length) = (rows, (int)shape.Length);
        _tape = model.NewTape(training);
        try
        {
            _pixels = _tape.Input("images", new Images(rows, shape.Height, shape.Width), shape.Channels);
            _logits = Record(network, shape);
            if (_logits.Rows != rows || _logits.Columns != classes)
            {
                throw new ArgumentException($"[images] a network makes a row for each image, of a number for each class; {_logits} came of {rows} images and {classes} classes");
            }

            _classes = _tape.Tokens("classes", rows);
            _loss = _tape.CrossEntropy(_logits, _classes, training ? labelSmoothing : 0);
            if (!training)
            {
                _tape.Output(_logits);
            }

            _tape.Compile();
        }
        catch
        {
            _tape.Dispose();
            throw;
        }
    }

    /// <summary>Images of a batch.</summary>
    public int Rows { get; }

    public MemoryPlan MemoryPlan => _tape.MemoryPlan;

    public double Flops => _tape.Flops;

    /// <summary>After an evaluation: the logits, shape [rows, classes].</summary>
    public ReadOnlySpan<float> Logits => _logits.Value;

    /// <summary>Puts an image into the batch.</summary>
    public void Fill(int row, ReadOnlySpan<byte> image, ImageView view, ImageNormalization normalization, int label)
    {
        view.Write(image, normalization, _pixels.Value.Slice(row * _length, _length));
        _classes.Span[row] = label;
    }

    /// <summary>Forward and backward; the gradients are added to the store's.</summary>
    public double Train(ulong step, uint firstSample, float gradientScale, Action<Parameter>? gradientFinal)
    {
        (_tape.Step, _tape.FirstSample, _loss.GradientScale) = (step, firstSample, gradientScale);
        _tape.Forward();
        _tape.Backward(gradientFinal);
        return _loss.Mean;
    }

    /// <summary>Forward.</summary>
    /// <returns>The sum of the images' losses.</returns>
    public double Evaluate()
    {
        _tape.Forward();
        return _loss.Sum;
    }

    public TapeProfile StartProfile() => _tape.StartProfile();

    public void Dispose() => _tape.Dispose();

    private Tensor Record(Func<Tape, Tensor, Tensor> network, ImageShape shape)
    {
        try
        {
            return network(_tape, _pixels);
        }
        catch (ArgumentException exception)
        {
            throw new ArgumentException($"[images] the network cannot read images of {shape}: {exception.Message}", exception);
        }
    }
}
