/** `show stat`. https://docs.haproxy.org/3.0/management.html#9.1 */
import { checkDescriptions } from "../balance/check-result.ts";
import type { Counters } from "../balance/counters.ts";
import type { Pool } from "../balance/pool.ts";
import type { Target } from "../balance/target.ts";
import type { Entrance } from "../traffic/surroundings.ts";
import type { Worker } from "../worker.ts";

/** In the order of haproxy 3.0, as packaged with QUIC; what is not counted here stays empty. */
const columns =
  `pxname svname qcur qmax scur smax slim stot bin bout dreq dresp ereq econ eresp wretr wredis status weight act bck
  chkfail chkdown lastchg downtime qlimit pid iid sid throttle lbtot tracked type rate rate_lim rate_max check_status check_code
  check_duration hrsp_1xx hrsp_2xx hrsp_3xx hrsp_4xx hrsp_5xx hrsp_other hanafail req_rate req_rate_max req_tot cli_abrt srv_abrt
  comp_in comp_out comp_byp comp_rsp lastsess last_chk last_agt qtime ctime rtime ttime agent_status agent_code agent_duration
  check_desc agent_desc check_rise check_fall check_health agent_rise agent_fall agent_health addr cookie mode algo conn_rate
  conn_rate_max conn_tot intercepted dcon dses wrew connect reuse cache_lookups cache_hits srv_icur src_ilim qtime_max ctime_max
  rtime_max ttime_max eint idle_conn_cur safe_conn_cur used_conn_cur need_conn_est uweight agg_server_status
  agg_server_check_status agg_check_status srid sess_other h1sess h2sess h3sess req_other h1req h2req h3req proto - ssl_sess
  ssl_reused_sess ssl_failed_handshake quic_rxbuf_full quic_dropped_pkt quic_dropped_pkt_bufoverrun quic_dropped_parsing_pkt
  quic_socket_full quic_sendto_err quic_sendto_err_unknwn quic_sent_pkt quic_lost_pkt quic_too_short_dgram quic_retry_sent
  quic_retry_validated quic_retry_error quic_half_open_conn quic_hdshk_fail quic_stless_rst_sent quic_conn_migration_done
  quic_transp_err_no_error quic_transp_err_internal_error quic_transp_err_connection_refused quic_transp_err_flow_control_error
  quic_transp_err_stream_limit_error quic_transp_err_stream_state_error quic_transp_err_final_size_error
  quic_transp_err_frame_encoding_error quic_transp_err_transport_parameter_error quic_transp_err_connection_id_limit
  quic_transp_err_protocol_violation_error quic_transp_err_invalid_token quic_transp_err_application_error
  quic_transp_err_crypto_buffer_exceeded quic_transp_err_key_update_error quic_transp_err_aead_limit_reached
  quic_transp_err_no_viable_path quic_transp_err_crypto_error quic_transp_err_unknown_error quic_data_blocked
  quic_stream_data_blocked quic_streams_blocked_bidi quic_streams_blocked_uni h3_data h3_headers h3_cancel_push h3_push_promise
  h3_max_push_id h3_goaway h3_settings h3_no_error h3_general_protocol_error h3_internal_error h3_stream_creation_error
  h3_closed_critical_stream h3_frame_unexpected h3_frame_error h3_excessive_load h3_id_error h3_settings_error
  h3_missing_settings h3_request_rejected h3_request_cancelled h3_request_incomplete h3_message_error h3_connect_error
  h3_version_fallback pack_decompression_failed qpack_encoder_stream_error qpack_decoder_stream_error h2_headers_rcvd
  h2_data_rcvd h2_settings_rcvd h2_rst_stream_rcvd h2_goaway_rcvd h2_detected_conn_protocol_errors
  h2_detected_strm_protocol_errors h2_rst_stream_resp h2_goaway_resp h2_open_connections h2_backend_open_streams
  h2_total_connections h2_backend_total_streams h1_open_connections h1_open_streams h1_total_connections h1_total_streams
  h1_bytes_in h1_bytes_out h1_spliced_bytes_in h1_spliced_bytes_out`
    .trim()
    .split(/\s+/);

type Row = Readonly<Record<string, string | number | undefined>>;

/** Kinds of rows, as bits of the command's second argument. */
const types = { frontend: 1, backend: 2, server: 4 } as const;

/** The table, as CSV. @param filter proxy, types and server by number; -1 is any */
export function showStat(worker: Worker, filter = { proxy: -1, types: -1, server: -1 }): string {
  const rows = [
    ...worker.entrances.map((entrance) => ({ type: types.frontend, row: frontendRow(entrance, worker) })),
    ...[...worker.pools.values()].flatMap((pool) => [
      ...pool.targets.map((target) => ({ type: types.server, row: serverRow(pool, target) })),
      { type: types.backend, row: backendRow(pool, worker) },
    ]),
  ];
  const shown = rows.filter(
    ({ type, row }) =>
      (filter.proxy === -1 || row.iid === filter.proxy) &&
      (filter.types === -1 || (filter.types & type) !== 0) &&
      (filter.server === -1 || row.sid === filter.server),
  );
  const lines = shown.map(({ row }) => `${columns.map((column) => row[column] ?? "").join(",")},\n`);
  return `# ${columns.join(",")},\n${lines.join("")}`;
}

const seconds = (milliseconds: number) => Math.floor(milliseconds / 1000);

function shared(counters: Counters): Row {
  const [one, two, three, four, five, other] = counters.answers;
  return {
    scur: counters.current,
    smax: counters.most,
    stot: counters.sessions,
    bin: counters.bytesIn,
    bout: counters.bytesOut,
    dresp: 0,
    hrsp_1xx: one,
    hrsp_2xx: two,
    hrsp_3xx: three,
    hrsp_4xx: four,
    hrsp_5xx: five,
    hrsp_other: other,
    req_tot: counters.requests,
    pid: 1,
    mode: "http",
    "-": "-",
  };
}

function frontendRow({ frontend, counters }: Entrance, worker: Worker): Row {
  return {
    ...shared(counters),
    pxname: frontend.name,
    svname: "FRONTEND",
    slim: worker.config.maxConnections,
    dreq: 0,
    ereq: counters.requestErrors,
    status: "OPEN",
    iid: frontend.id,
    sid: 0,
    type: 0,
    conn_tot: counters.sessions,
    intercepted: counters.intercepted,
  };
}

/** What servers and backends have in common. */
function behind(counters: Counters): Row {
  return {
    ...shared(counters),
    qcur: 0,
    qmax: 0,
    econ: counters.connectionErrors,
    eresp: counters.answerErrors,
    wretr: counters.retries,
    wredis: counters.redispatches,
    lbtot: counters.chosen,
    cli_abrt: counters.clientAborts,
    srv_abrt: counters.serverAborts,
    qtime: 0,
    ctime: 0,
    rtime: Math.round(counters.responseTime.value),
    ttime: Math.round(counters.totalTime.value),
    bck: 0,
  };
}

function serverRow(pool: Pool, target: Target): Row {
  const { config, counters } = target;
  return {
    ...behind(counters),
    ...checkFields(target),
    pxname: pool.config.name,
    svname: config.name,
    status: target.status,
    weight: target.weight,
    uweight: target.weight,
    act: 1,
    lastchg: seconds(Date.now() - target.changedAt),
    downtime: seconds(target.downtime),
    iid: pool.config.id,
    sid: config.id,
    type: 2,
    addr: `127.0.0.1:${config.port}`,
    connect: counters.sessions,
    reuse: 0,
    srid: 0,
  };
}

function checkFields(target: Target): Row {
  const { lastCheck, config } = target;
  if (!target.checked) return {};
  const counts = { chkfail: target.failedChecks, chkdown: target.downs };
  if (!lastCheck) return counts;
  return {
    ...counts,
    check_status: `${target.checking ? "* " : ""}${lastCheck.status}`,
    check_code: lastCheck.code,
    check_duration: lastCheck.duration,
    last_chk: csv(lastCheck.info),
    check_desc: checkDescriptions[lastCheck.status],
    check_rise: config.rise,
    check_fall: config.fall,
    check_health: target.health,
  };
}

function backendRow(pool: Pool, { config }: Worker): Row {
  const { counters, usable, targets } = pool;
  const lastChange = Math.max(pool.startedAt, ...targets.map(({ changedAt }) => changedAt));
  return {
    ...behind(counters),
    pxname: pool.config.name,
    svname: "BACKEND",
    slim: Math.ceil(config.maxConnections / 10),
    dreq: 0,
    status: usable.length > 0 ? "UP" : "DOWN",
    weight: usable.reduce((sum, { weight }) => sum + weight, 0),
    act: usable.length,
    chkdown: 0,
    lastchg: seconds(Date.now() - lastChange),
    downtime: 0,
    iid: pool.config.id,
    sid: 0,
    type: 1,
    algo: "roundrobin",
  };
}

function csv(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
