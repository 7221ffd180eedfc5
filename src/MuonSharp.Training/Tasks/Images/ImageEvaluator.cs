using MuonSharp.Formats;
using MuonSharp.Nn;

namespace MuonSharp.Training;

/// <summary>Looks at held-out images, batch by batch, each as often as there are views.</summary>
internal sealed class ImageEvaluator(Model model, Func<Tape, Tensor, Tensor> network, ImageSet images, ImageNormalization normalization, int batch) : IDisposable
{
    private readonly Dictionary<int, ImageProgram> _programs = [];

    /// <summary>Logits of a batch.</summary>
    private int Logits => Math.Min(batch, images.Count) * images.Classes.Length;

    public ImageEvaluation? Details { get; private set; }

    /// <summary>A part is a batch: the sum of the losses of its images as they are, their logits, and with several views the means of those.</summary>
    public EvaluationParts Parts(int viewCount)
    {
        IReadOnlyList<(ImageView View, float Weight)> views = ImageViews.Of(viewCount);
        return new((images.Count + batch - 1) / batch, 1 + (Math.Min(viewCount, 2) * Logits), (part, numbers, cancellation) => Compute(views, part, numbers, cancellation), numbers => Combine(viewCount > 1, numbers));
    }

    public void Dispose()
    {
        foreach (ImageProgram program in _programs.Values)
        {
            program.Dispose();
        }

        _programs.Clear();
    }

    private void Compute(IReadOnlyList<(ImageView View, float Weight)> views, int part, Span<double> numbers, CancellationToken cancellation)
    {
        int first = part * batch, rows = Math.Min(batch, images.Count - first);
        ImageProgram program = Program(rows);
        foreach ((ImageView view, float weight) in views)
        {
            cancellation.ThrowIfCancellationRequested();
            for (int row = 0; row < rows; row++)
            {
                program.Fill(row, images[first + row], view, normalization, images.Labels[first + row]);
            }

            double sum = program.Evaluate();
            ReadOnlySpan<float> logits = program.Logits;
            bool isPlain = view == views[0].View;
            numbers[0] += isPlain ? sum : 0;
            for (int i = 0; i < logits.Length; i++)
            {
                numbers[1 + i] += isPlain ? logits[i] : 0;
                if (views.Count > 1)
                {
                    numbers[1 + Logits + i] += (double)weight * logits[i];
                }
            }
        }
    }

    private Evaluation Combine(bool hasViews, ReadOnlySpan<double> numbers)
    {
        double loss = 0;
        float[] plain = new float[(long)images.Count * images.Classes.Length], mean = new float[hasViews ? plain.Length : 0];
        int step = 1 + ((hasViews ? 2 : 1) * Logits);
        for (int i = 0; i < plain.Length; i++)
        {
            (int part, int place) = Math.DivRem(i, Logits);
            loss += place == 0 ? numbers[part * step] : 0;
            plain[i] = (float)numbers[(part * step) + 1 + place];
            if (hasViews)
            {
                mean[i] = (float)numbers[(part * step) + 1 + Logits + place];
            }
        }

        ImageEvaluation one = new(images, plain);
        Details = hasViews ? new(images, mean) : one;
        EvaluationNumber held = new("val_loss", loss / images.Count), accuracy = new("accuracy", one.Accuracy, HigherIsBetter: true);
        return hasViews ? new(held, accuracy, new EvaluationNumber("accuracy_views", Details.Accuracy, HigherIsBetter: true)) : new(held, accuracy);
    }

    /// <summary>The program of a whole batch, or of what is left of the images: two at most.</summary>
    private ImageProgram Program(int rows)
    {
        if (!_programs.TryGetValue(rows, out ImageProgram? program))
        {
            program = new ImageProgram(model, network, images.Shape, images.Classes.Length, rows, labelSmoothing: 0, training: false);
            _programs.Add(rows, program);
        }

        return program;
    }
}
