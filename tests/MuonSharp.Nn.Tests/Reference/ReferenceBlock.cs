namespace MuonSharp.Nn.Tests.Reference;

/// <summary>One block: x += attention(norm(x)); x += mlp(norm(x)). Written out, with everything remembered for the way back.</summary>
internal sealed class ReferenceBlock
{
    private readonly ReferenceShape _shape;
    private readonly ReferenceParameters _parameters;
    private readonly ReferenceBlockNames _names;
    private readonly ReferenceAttention _attention;
    private readonly int[] _positions;
    private double[] _x = [], _normed = [], _q = [], _k = [], _v = [], _attended = [], _middle = [], _normedMiddle = [], _gate = [], _up = [], _active = [], _rawQ = [], _rawK = [];

    public ReferenceBlock(ReferenceShape shape, ReferenceParameters parameters, int layer, int[] positions, int time)
    {
        (_shape, _parameters, _positions) = (shape, parameters, positions);
        _names = new ReferenceBlockNames(shape, layer);
        _attention = shape.Attention(layer, positions, time);
    }

    public double[] MaximumLogits { get; private set; } = [];

    private int QueryWidth => _shape.Heads * _shape.HeadWidth;

    private int KeyWidth => _shape.Groups * _shape.HeadWidth;

    public double[] Forward(double[] x)
    {
        _x = x;
        _normed = Norm(_names.AttentionNorm, x);
        (_q, _k, _v) = Project(_normed);
        if (_shape.QueryKeyNorm)
        {
            (_rawQ, _rawK) = (_q, _k);
            _q = HeadNorm(_names.QueryNorm, _rawQ);
            _k = HeadNorm(_names.KeyNorm, _rawK);
        }

        if (!_shape.Gpt2)
        {
            _q = ReferenceRotary.Turn(_q, _positions, _shape.Heads, _shape.HeadWidth, _shape.Theta, 1);
            _k = ReferenceRotary.Turn(_k, _positions, _shape.Groups, _shape.HeadWidth, _shape.Theta, 1);
        }

        (_attended, MaximumLogits) = _attention.Forward(_q, _k, _v);
        _middle = Sum(x, _parameters.Linear(_names.AttentionOutput, _attended, QueryWidth, _shape.Width));
        _normedMiddle = Norm(_names.MlpNorm, _middle);
        _up = _parameters.Linear(_names.Up, _normedMiddle, _shape.Width, _shape.Hidden);
        if (_shape.Gated) _gate = _parameters.Linear(_names.Gate, _normedMiddle, _shape.Width, _shape.Hidden);
        _active = Activate();
        return Sum(_middle, _parameters.Linear(_names.Down, _active, _shape.Hidden, _shape.Width));
    }

    public double[] Backward(double[] dy)
    {
        double[] dActive = _parameters.LinearBackward(_names.Down, dy, _active, _shape.Hidden, _shape.Width);
        double[] dNormedMiddle = ActivateBackward(dActive);
        double[] dMiddle = Sum(dy, NormBackward(_names.MlpNorm, dNormedMiddle, _middle));

        double[] dAttended = _parameters.LinearBackward(_names.AttentionOutput, dMiddle, _attended, QueryWidth, _shape.Width);
        (double[] dq, double[] dk, double[] dv) = _attention.Backward(dAttended, _q, _k, _v);
        if (!_shape.Gpt2)
        {
            dq = ReferenceRotary.Turn(dq, _positions, _shape.Heads, _shape.HeadWidth, _shape.Theta, -1);
            dk = ReferenceRotary.Turn(dk, _positions, _shape.Groups, _shape.HeadWidth, _shape.Theta, -1);
        }

        if (_shape.QueryKeyNorm)
        {
            dq = HeadNormBackward(_names.QueryNorm, dq, _rawQ);
            dk = HeadNormBackward(_names.KeyNorm, dk, _rawK);
        }

        return Sum(dMiddle, NormBackward(_names.AttentionNorm, ProjectBackward(dq, dk, dv), _x));
    }

    private (double[] Q, double[] K, double[] V) Project(double[] x)
    {
        if (!_shape.Gpt2)
        {
            return (_parameters.Linear(_names.Query, x, _shape.Width, QueryWidth),
                _parameters.Linear(_names.Key, x, _shape.Width, KeyWidth),
                _parameters.Linear(_names.Value, x, _shape.Width, KeyWidth));
        }

        double[] fused = _parameters.Linear(_names.Fused, x, _shape.Width, 3 * _shape.Width);
        return (Columns(fused, 0), Columns(fused, 1), Columns(fused, 2));

        double[] Columns(double[] rows, int part)
        {
            double[] result = new double[rows.Length / 3];
            for (int i = 0; i < result.Length; i++)
                result[i] = rows[(i / _shape.Width * 3 * _shape.Width) + (part * _shape.Width) + (i % _shape.Width)];
            return result;
        }
    }

    private double[] ProjectBackward(double[] dq, double[] dk, double[] dv)
    {
        if (!_shape.Gpt2)
        {
            return Sum(
                _parameters.LinearBackward(_names.Query, dq, _normed, _shape.Width, QueryWidth),
                Sum(_parameters.LinearBackward(_names.Key, dk, _normed, _shape.Width, KeyWidth),
                    _parameters.LinearBackward(_names.Value, dv, _normed, _shape.Width, KeyWidth)));
        }

        double[] fused = new double[3 * dq.Length];
        double[][] parts = [dq, dk, dv];
        for (int part = 0; part < 3; part++)
            for (int i = 0; i < dq.Length; i++)
                fused[(i / _shape.Width * 3 * _shape.Width) + (part * _shape.Width) + (i % _shape.Width)] = parts[part][i];
        return _parameters.LinearBackward(_names.Fused, fused, _normed, _shape.Width, 3 * _shape.Width);
    }

    private double[] Activate()
    {
        (Func<double, double> value, _) = ReferenceActivation.Named(_shape.Activation);
        return _shape.Gated ? ReferenceActivation.Map(_gate, _up, (g, u) => value(g) * u) : ReferenceActivation.Map(_up, value);
    }

    private double[] ActivateBackward(double[] dActive)
    {
        (Func<double, double> value, Func<double, double> derivative) = ReferenceActivation.Named(_shape.Activation);
        if (!_shape.Gated)
        {
            double[] dPlain = ReferenceActivation.Map(dActive, _up, (d, u) => d * derivative(u));
            return _parameters.LinearBackward(_names.Up, dPlain, _normedMiddle, _shape.Width, _shape.Hidden);
        }

        double[] dGate = ReferenceActivation.Map(dActive, ReferenceActivation.Map(_gate, _up, (g, u) => derivative(g) * u), (d, slope) => d * slope);
        double[] dUp = ReferenceActivation.Map(dActive, _gate, (d, g) => d * value(g));
        return Sum(
            _parameters.LinearBackward(_names.Gate, dGate, _normedMiddle, _shape.Width, _shape.Hidden),
            _parameters.LinearBackward(_names.Up, dUp, _normedMiddle, _shape.Width, _shape.Hidden));
    }

    private double[] HeadNorm(string name, double[] x) =>
        ReferenceRmsNorm.Forward(x, _parameters[name + ".weight"], x.Length / _shape.HeadWidth, _shape.HeadWidth, _shape.Epsilon);

    private double[] HeadNormBackward(string name, double[] dy, double[] x)
    {
        (double[] dx, double[] dGain) = ReferenceRmsNorm.Backward(dy, x, _parameters[name + ".weight"], x.Length / _shape.HeadWidth, _shape.HeadWidth, _shape.Epsilon);
        _parameters.Add(name + ".weight", dGain);
        return dx;
    }

    private double[] Norm(string name, double[] x) => ReferenceDecoder.Norm(_shape, _parameters, name, x);

    private double[] NormBackward(string name, double[] dy, double[] x) => ReferenceDecoder.NormBackward(_shape, _parameters, name, dy, x);

    private static double[] Sum(double[] a, double[] b) => ReferenceActivation.Map(a, b, (x, y) => x + y);
}
