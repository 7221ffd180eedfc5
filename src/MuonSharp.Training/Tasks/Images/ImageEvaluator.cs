using MuonSharp.Formats;
using MuonSharp.Nn;

namespace MuonSharp.Training;

/// <summary>Looks at held-out images, batch by batch, each as often as there are views.</summary>
internal sealed class ImageEvaluator(Model model, Func<Tape, Tensor, Tensor> network, ImageSet images, ImageNormalization normalization, int batch) : IDisposable
{
    private readonly Dictionary<int, ImageProgram> _programs = [];

    public ImageEvaluation? Details { get; private set; }

    public Evaluation Evaluate(int count, CancellationToken cancellation)
    {
        IReadOnlyList<(ImageView View, float Weight)> views = ImageViews.Of(count);
        int classes = images.Classes.Length;
        double loss = 0;
        float[] plain = new float[(long)images.Count * classes], mean = count == 1 ? plain : new float[plain.Length];
        for (int first = 0; first < images.Count; first += batch)
        {
            int rows = Math.Min(batch, images.Count - first);
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
                int place = first * classes;
                if (view == views[0].View)
                {
                    loss += sum;
                    logits.CopyTo(plain.AsSpan(place));
                }

                for (int i = 0; count > 1 && i < logits.Length; i++)
                {
                    mean[place + i] += weight * logits[i];
                }
            }
        }

        ImageEvaluation one = new(images, plain);
        Details = count == 1 ? one : new(images, mean);
        EvaluationNumber held = new("val_loss", loss / images.Count), accuracy = new("accuracy", one.Accuracy, HigherIsBetter: true);
        return count == 1 ? new(held, accuracy) : new(held, accuracy, new EvaluationNumber("accuracy_views", Details.Accuracy, HigherIsBetter: true));
    }

    public void Dispose()
    {
        foreach (ImageProgram program in _programs.Values)
        {
            program.Dispose();
        }

        _programs.Clear();
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
